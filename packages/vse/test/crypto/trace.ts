// Rewrites a WebAssembly module so that it reports what an observer of time and cache could see: every address
// read or written, every condition of a branch or a selection, every operand of a division, in order. Two runs
// with equal reports differ in nothing but data.

import binaryen from 'binaryen';

type Expression = string | Expression[];

export type Trace = {
  /** Of everything reported since the last call; and the number of reports. */
  readonly take: () => { readonly digest: string; readonly events: number };
  readonly exports: WebAssembly.Exports;
};

/** Instantiates the module, which must have no imports of its own, with its reports collected. */
export function traced(wasm: Uint8Array): Trace {
  const parsed = binaryen.readBinary(wasm);
  const [module] = parse(parsed.emitText());
  parsed.dispose();
  let place = 0;
  const rewritten = rewrite(module!, () => place++) as Expression[];
  const afterTypes = 1 + rewritten.findLastIndex((part) => Array.isArray(part) && part[0] === 'type');
  rewritten.splice(afterTypes, 0, REPORT);
  const assembled = binaryen.parseText(print(rewritten));
  assembled.setFeatures(binaryen.Features.All);
  const bytes = assembled.emitBinary();
  assembled.dispose();

  let [a, b, events] = [0, 0, 0];
  const report = (where: number, value: number) => {
    a = Math.imul(a ^ value, 0x01000193) + where;
    b = Math.imul(b + value, 0x85ebca6b) ^ where ^ (b >>> 15);
    events++;
    return value;
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)), {
    trace: { report },
  });
  return {
    exports: instance.exports,
    take() {
      const taken = { digest: `${(a >>> 0).toString(16)}-${(b >>> 0).toString(16)}`, events };
      [a, b, events] = [0, 0, 0];
      return taken;
    },
  };
}

const REPORT: Expression = [
  'import',
  '"trace"',
  '"report"',
  ['func', '$report', ['param', 'i32', 'i32'], ['result', 'i32']],
];

/** Which operands of an instruction are reported, by their order among its operands; −1 is the last. */
const REPORTED: readonly (readonly [instruction: RegExp, operands: readonly number[]])[] = [
  [/^if$/, [0]],
  [/^(?:br_if|br_table|select)$/, [-1]],
  [/^(?:i32|i64|v128)\.(?:load|store)/, [0]],
  [/^memory\.(?:copy|fill)$/, [0, 1, 2]],
  [/^i32\.(?:div|rem)_[su]$/, [0, 1]],
];

/** What could leak and is not reported: better no module than a blind spot. */
const NOT_FOLLOWED = /^(?:i64\.(?:div|rem)_[su]|call_indirect|call_ref|memory\.(?:grow|init)|table\.)/;

function rewrite(expression: Expression, nextPlace: () => number): Expression {
  if (typeof expression === 'string') return expression;
  const head = String(expression[0]);
  if (NOT_FOLLOWED.test(head)) throw new Error(`the trace does not follow ${head}`);
  const parts = expression.map((part) => rewrite(part, nextPlace));
  const reported = REPORTED.find(([instruction]) => instruction.test(head))?.[1] ?? [];
  const isOperand = (part: Expression) =>
    Array.isArray(part) && !/^(?:result|type|then|else)$/.test(String(part[0]));
  const operands = parts.flatMap((part, i) => (i > 0 && isOperand(part) ? [i] : []));
  for (const operand of reported) {
    const at = operands.at(operand)!;
    parts[at] = ['call', '$report', ['i32.const', String(nextPlace())], parts[at]!];
  }
  return parts;
}

function parse(text: string): Expression[] {
  const stack: Expression[][] = [[]];
  for (const [token] of text.matchAll(/;;[^\n]*|\(|\)|"(?:[^"\\]|\\.)*"|[^\s()";]+/g)) {
    if (token.startsWith(';;')) continue;
    if (token === '(') stack.push([]);
    else if (token === ')') {
      const done = stack.pop()!;
      stack.at(-1)!.push(done);
    } else stack.at(-1)!.push(token);
  }
  if (stack.length !== 1) throw new Error('parentheses do not match');
  return stack[0]!;
}

function print(expression: Expression): string {
  return typeof expression === 'string' ? expression : `(${expression.map(print).join(' ')})`;
}
