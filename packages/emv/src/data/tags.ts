/**
 * The data elements dictionary: EMV 4.4 Book 3 Annex A, and for the contactless ones EMV Contactless Book C-2 Annex A.
 * One constant a tag, hex and name together, so that code reads without the book; one row a tag for everything else.
 */
import type { Tag } from './tlv.ts';

/** Book 3 §4.3. `b` also stands for the formats that the books call binary or variable. */
export type DataFormat = 'n' | 'cn' | 'an' | 'ans' | 'b';

/**
 * What may be printed: `show` the value; `pan` only through the PAN mask; `hidden` nothing but the length (names, account
 * numbers, PIN data, discretionary data that may hold a card verification value).
 */
export type Sensitivity = 'show' | 'pan' | 'hidden';

export type TagRow = {
  readonly tag: Tag;
  readonly name: string;
  readonly format: DataFormat;
  /** Bytes. */
  readonly lengthMin: number;
  readonly lengthMax: number;
  readonly source: 'ICC' | 'terminal' | 'issuer';
  /** Tags of the templates it occurs in, hex, separated by a space. */
  readonly templates: string;
  readonly sensitivity: Sensitivity;
  /** B3: EMV 4.4 Book 3 Annex A. C2: EMV Contactless Book C-2 Annex A. */
  readonly book: 'B3' | 'C2';
};

export const TAG_42_ISSUER_IDENTIFICATION_NUMBER = 0x42;
export const TAG_4F_APPLICATION_DEDICATED_FILE_NAME = 0x4f;
export const TAG_50_APPLICATION_LABEL = 0x50;
export const TAG_56_TRACK_1_DATA = 0x56;
export const TAG_57_TRACK_2_EQUIVALENT_DATA = 0x57;
export const TAG_5A_APPLICATION_PRIMARY_ACCOUNT_NUMBER = 0x5a;
export const TAG_5F20_CARDHOLDER_NAME = 0x5f20;
export const TAG_5F24_APPLICATION_EXPIRATION_DATE = 0x5f24;
export const TAG_5F25_APPLICATION_EFFECTIVE_DATE = 0x5f25;
export const TAG_5F28_ISSUER_COUNTRY_CODE = 0x5f28;
export const TAG_5F2A_TRANSACTION_CURRENCY_CODE = 0x5f2a;
export const TAG_5F2D_LANGUAGE_PREFERENCE = 0x5f2d;
export const TAG_5F30_SERVICE_CODE = 0x5f30;
export const TAG_5F34_PAN_SEQUENCE_NUMBER = 0x5f34;
export const TAG_5F36_TRANSACTION_CURRENCY_EXPONENT = 0x5f36;
export const TAG_5F50_ISSUER_URL = 0x5f50;
export const TAG_5F53_INTERNATIONAL_BANK_ACCOUNT_NUMBER = 0x5f53;
export const TAG_5F54_BANK_IDENTIFIER_CODE = 0x5f54;
export const TAG_5F55_ISSUER_COUNTRY_CODE_ALPHA2 = 0x5f55;
export const TAG_5F56_ISSUER_COUNTRY_CODE_ALPHA3 = 0x5f56;
export const TAG_5F57_ACCOUNT_TYPE = 0x5f57;
export const TAG_61_APPLICATION_TEMPLATE = 0x61;
export const TAG_6F_FILE_CONTROL_INFORMATION_TEMPLATE = 0x6f;
export const TAG_70_READ_RECORD_RESPONSE_MESSAGE_TEMPLATE = 0x70;
export const TAG_71_ISSUER_SCRIPT_TEMPLATE_1 = 0x71;
export const TAG_72_ISSUER_SCRIPT_TEMPLATE_2 = 0x72;
export const TAG_73_DIRECTORY_DISCRETIONARY_TEMPLATE = 0x73;
export const TAG_77_RESPONSE_MESSAGE_TEMPLATE_FORMAT_2 = 0x77;
export const TAG_80_RESPONSE_MESSAGE_TEMPLATE_FORMAT_1 = 0x80;
export const TAG_81_AMOUNT_AUTHORISED_BINARY = 0x81;
export const TAG_82_APPLICATION_INTERCHANGE_PROFILE = 0x82;
export const TAG_83_COMMAND_TEMPLATE = 0x83;
export const TAG_84_DEDICATED_FILE_NAME = 0x84;
export const TAG_86_ISSUER_SCRIPT_COMMAND = 0x86;
export const TAG_87_APPLICATION_PRIORITY_INDICATOR = 0x87;
export const TAG_88_SHORT_FILE_IDENTIFIER = 0x88;
export const TAG_89_AUTHORISATION_CODE = 0x89;
export const TAG_8A_AUTHORISATION_RESPONSE_CODE = 0x8a;
export const TAG_8C_CARD_RISK_MANAGEMENT_DATA_OBJECT_LIST_1 = 0x8c;
export const TAG_8D_CARD_RISK_MANAGEMENT_DATA_OBJECT_LIST_2 = 0x8d;
export const TAG_8E_CARDHOLDER_VERIFICATION_METHOD_LIST = 0x8e;
export const TAG_8F_CERTIFICATION_AUTHORITY_PUBLIC_KEY_INDEX = 0x8f;
export const TAG_90_ISSUER_PUBLIC_KEY_CERTIFICATE = 0x90;
export const TAG_91_ISSUER_AUTHENTICATION_DATA = 0x91;
export const TAG_92_ISSUER_PUBLIC_KEY_REMAINDER = 0x92;
export const TAG_93_SIGNED_STATIC_APPLICATION_DATA = 0x93;
export const TAG_94_APPLICATION_FILE_LOCATOR = 0x94;
export const TAG_95_TERMINAL_VERIFICATION_RESULTS = 0x95;
export const TAG_97_TRANSACTION_CERTIFICATE_DATA_OBJECT_LIST = 0x97;
export const TAG_98_TRANSACTION_CERTIFICATE_HASH_VALUE = 0x98;
export const TAG_99_TRANSACTION_PIN_DATA = 0x99;
export const TAG_9A_TRANSACTION_DATE = 0x9a;
export const TAG_9B_TRANSACTION_STATUS_INFORMATION = 0x9b;
export const TAG_9C_TRANSACTION_TYPE = 0x9c;
export const TAG_9D_DIRECTORY_DEFINITION_FILE_NAME = 0x9d;
export const TAG_9F01_ACQUIRER_IDENTIFIER = 0x9f01;
export const TAG_9F02_AMOUNT_AUTHORISED = 0x9f02;
export const TAG_9F03_AMOUNT_OTHER = 0x9f03;
export const TAG_9F04_AMOUNT_OTHER_BINARY = 0x9f04;
export const TAG_9F05_APPLICATION_DISCRETIONARY_DATA = 0x9f05;
export const TAG_9F06_APPLICATION_IDENTIFIER = 0x9f06;
export const TAG_9F07_APPLICATION_USAGE_CONTROL = 0x9f07;
export const TAG_9F08_APPLICATION_VERSION_NUMBER = 0x9f08;
export const TAG_9F09_TERMINAL_APPLICATION_VERSION_NUMBER = 0x9f09;
export const TAG_9F0B_CARDHOLDER_NAME_EXTENDED = 0x9f0b;
export const TAG_9F0D_ISSUER_ACTION_CODE_DEFAULT = 0x9f0d;
export const TAG_9F0E_ISSUER_ACTION_CODE_DENIAL = 0x9f0e;
export const TAG_9F0F_ISSUER_ACTION_CODE_ONLINE = 0x9f0f;
export const TAG_9F10_ISSUER_APPLICATION_DATA = 0x9f10;
export const TAG_9F11_ISSUER_CODE_TABLE_INDEX = 0x9f11;
export const TAG_9F12_APPLICATION_PREFERRED_NAME = 0x9f12;
export const TAG_9F13_LAST_ONLINE_ATC_REGISTER = 0x9f13;
export const TAG_9F14_LOWER_CONSECUTIVE_OFFLINE_LIMIT = 0x9f14;
export const TAG_9F15_MERCHANT_CATEGORY_CODE = 0x9f15;
export const TAG_9F16_MERCHANT_IDENTIFIER = 0x9f16;
export const TAG_9F17_PIN_TRY_COUNTER = 0x9f17;
export const TAG_9F18_ISSUER_SCRIPT_IDENTIFIER = 0x9f18;
export const TAG_9F19_TOKEN_REQUESTOR_ID = 0x9f19;
export const TAG_9F1A_TERMINAL_COUNTRY_CODE = 0x9f1a;
export const TAG_9F1B_TERMINAL_FLOOR_LIMIT = 0x9f1b;
export const TAG_9F1C_TERMINAL_IDENTIFICATION = 0x9f1c;
export const TAG_9F1D_TERMINAL_RISK_MANAGEMENT_DATA = 0x9f1d;
export const TAG_9F1E_INTERFACE_DEVICE_SERIAL_NUMBER = 0x9f1e;
export const TAG_9F1F_TRACK_1_DISCRETIONARY_DATA = 0x9f1f;
export const TAG_9F20_TRACK_2_DISCRETIONARY_DATA = 0x9f20;
export const TAG_9F21_TRANSACTION_TIME = 0x9f21;
export const TAG_9F22_TERMINAL_CERTIFICATION_AUTHORITY_PUBLIC_KEY_INDEX = 0x9f22;
export const TAG_9F23_UPPER_CONSECUTIVE_OFFLINE_LIMIT = 0x9f23;
export const TAG_9F24_PAYMENT_ACCOUNT_REFERENCE = 0x9f24;
export const TAG_9F25_LAST_4_DIGITS_OF_PAN = 0x9f25;
export const TAG_9F26_APPLICATION_CRYPTOGRAM = 0x9f26;
export const TAG_9F27_CRYPTOGRAM_INFORMATION_DATA = 0x9f27;
export const TAG_9F2D_ICC_PIN_ENCIPHERMENT_PUBLIC_KEY_CERTIFICATE = 0x9f2d;
export const TAG_9F2E_ICC_PIN_ENCIPHERMENT_PUBLIC_KEY_EXPONENT = 0x9f2e;
export const TAG_9F2F_ICC_PIN_ENCIPHERMENT_PUBLIC_KEY_REMAINDER = 0x9f2f;
export const TAG_9F32_ISSUER_PUBLIC_KEY_EXPONENT = 0x9f32;
export const TAG_9F33_TERMINAL_CAPABILITIES = 0x9f33;
export const TAG_9F34_CARDHOLDER_VERIFICATION_METHOD_RESULTS = 0x9f34;
export const TAG_9F35_TERMINAL_TYPE = 0x9f35;
export const TAG_9F36_APPLICATION_TRANSACTION_COUNTER = 0x9f36;
export const TAG_9F37_UNPREDICTABLE_NUMBER = 0x9f37;
export const TAG_9F38_PROCESSING_OPTIONS_DATA_OBJECT_LIST = 0x9f38;
export const TAG_9F39_POINT_OF_SERVICE_ENTRY_MODE = 0x9f39;
export const TAG_9F3A_AMOUNT_REFERENCE_CURRENCY = 0x9f3a;
export const TAG_9F3B_APPLICATION_REFERENCE_CURRENCY = 0x9f3b;
export const TAG_9F3C_TRANSACTION_REFERENCE_CURRENCY_CODE = 0x9f3c;
export const TAG_9F3D_TRANSACTION_REFERENCE_CURRENCY_EXPONENT = 0x9f3d;
export const TAG_9F40_ADDITIONAL_TERMINAL_CAPABILITIES = 0x9f40;
export const TAG_9F41_TRANSACTION_SEQUENCE_COUNTER = 0x9f41;
export const TAG_9F42_APPLICATION_CURRENCY_CODE = 0x9f42;
export const TAG_9F43_APPLICATION_REFERENCE_CURRENCY_EXPONENT = 0x9f43;
export const TAG_9F44_APPLICATION_CURRENCY_EXPONENT = 0x9f44;
export const TAG_9F45_DATA_AUTHENTICATION_CODE = 0x9f45;
export const TAG_9F46_ICC_PUBLIC_KEY_CERTIFICATE = 0x9f46;
export const TAG_9F47_ICC_PUBLIC_KEY_EXPONENT = 0x9f47;
export const TAG_9F48_ICC_PUBLIC_KEY_REMAINDER = 0x9f48;
export const TAG_9F49_DYNAMIC_DATA_AUTHENTICATION_DATA_OBJECT_LIST = 0x9f49;
export const TAG_9F4A_STATIC_DATA_AUTHENTICATION_TAG_LIST = 0x9f4a;
export const TAG_9F4B_SIGNED_DYNAMIC_APPLICATION_DATA = 0x9f4b;
export const TAG_9F4C_ICC_DYNAMIC_NUMBER = 0x9f4c;
export const TAG_9F4D_LOG_ENTRY = 0x9f4d;
export const TAG_9F4E_MERCHANT_NAME_AND_LOCATION = 0x9f4e;
export const TAG_9F4F_LOG_FORMAT = 0x9f4f;
export const TAG_9F53_TRANSACTION_CATEGORY_CODE = 0x9f53;
export const TAG_9F5D_APPLICATION_CAPABILITIES_INFORMATION = 0x9f5d;
export const TAG_9F5E_DATA_STORAGE_IDENTIFIER = 0x9f5e;
export const TAG_9F60_CVC3_TRACK_1 = 0x9f60;
export const TAG_9F61_CVC3_TRACK_2 = 0x9f61;
export const TAG_9F62_PCVC3_TRACK_1 = 0x9f62;
export const TAG_9F63_PUNATC_TRACK_1 = 0x9f63;
export const TAG_9F64_NATC_TRACK_1 = 0x9f64;
export const TAG_9F65_PCVC3_TRACK_2 = 0x9f65;
export const TAG_9F66_PUNATC_TRACK_2_OR_TERMINAL_TRANSACTION_QUALIFIERS = 0x9f66;
export const TAG_9F67_NATC_TRACK_2 = 0x9f67;
export const TAG_9F69_UNPREDICTABLE_NUMBER_DATA_OBJECT_LIST = 0x9f69;
export const TAG_9F6A_UNPREDICTABLE_NUMBER_NUMERIC = 0x9f6a;
export const TAG_9F6B_TRACK_2_DATA = 0x9f6b;
export const TAG_9F6C_MAG_STRIPE_APPLICATION_VERSION_NUMBER_CARD = 0x9f6c;
export const TAG_9F6D_MAG_STRIPE_APPLICATION_VERSION_NUMBER_READER = 0x9f6d;
export const TAG_9F6E_THIRD_PARTY_DATA = 0x9f6e;
export const TAG_9F7C_MERCHANT_CUSTOM_DATA = 0x9f7c;
export const TAG_9F7E_MOBILE_SUPPORT_INDICATOR = 0x9f7e;
export const TAG_A5_FILE_CONTROL_INFORMATION_PROPRIETARY_TEMPLATE = 0xa5;
export const TAG_BF0C_FILE_CONTROL_INFORMATION_ISSUER_DISCRETIONARY_DATA = 0xbf0c;
export const TAG_DF8301_TERMINAL_RELAY_RESISTANCE_ENTROPY = 0xdf8301;
export const TAG_DF8302_DEVICE_RELAY_RESISTANCE_ENTROPY = 0xdf8302;
export const TAG_DF8303_MIN_TIME_FOR_PROCESSING_RELAY_RESISTANCE_APDU = 0xdf8303;
export const TAG_DF8304_MAX_TIME_FOR_PROCESSING_RELAY_RESISTANCE_APDU = 0xdf8304;
export const TAG_DF8305_DEVICE_ESTIMATED_TRANSMISSION_TIME_FOR_RELAY_RESISTANCE_R_APDU = 0xdf8305;
export const TAG_DF8306_MEASURED_RELAY_RESISTANCE_PROCESSING_TIME = 0xdf8306;
export const TAG_DF8307_RRP_COUNTER = 0xdf8307;

// biome-ignore format: a table, one line a tag
const ROWS: readonly [Tag, string, DataFormat, number, number, TagRow['source'], string, Sensitivity, TagRow['book']][] = [
  [TAG_42_ISSUER_IDENTIFICATION_NUMBER, 'Issuer Identification Number', 'n', 3, 3, 'ICC', 'BF0C 73', 'show', 'B3'],
  [TAG_4F_APPLICATION_DEDICATED_FILE_NAME, 'Application Dedicated File Name', 'b', 5, 16, 'ICC', '61', 'show', 'B3'],
  [TAG_50_APPLICATION_LABEL, 'Application Label', 'ans', 1, 16, 'ICC', '61 A5', 'show', 'B3'],
  [TAG_56_TRACK_1_DATA, 'Track 1 Data', 'ans', 0, 76, 'ICC', '70', 'pan', 'C2'],
  [TAG_57_TRACK_2_EQUIVALENT_DATA, 'Track 2 Equivalent Data', 'b', 0, 19, 'ICC', '70 77', 'pan', 'B3'],
  [TAG_5A_APPLICATION_PRIMARY_ACCOUNT_NUMBER, 'Application Primary Account Number', 'cn', 0, 10, 'ICC', '70 77', 'pan', 'B3'],
  [TAG_5F20_CARDHOLDER_NAME, 'Cardholder Name', 'ans', 2, 26, 'ICC', '70 77', 'hidden', 'B3'],
  [TAG_5F24_APPLICATION_EXPIRATION_DATE, 'Application Expiration Date', 'n', 3, 3, 'ICC', '70 77', 'show', 'B3'],
  [TAG_5F25_APPLICATION_EFFECTIVE_DATE, 'Application Effective Date', 'n', 3, 3, 'ICC', '70 77', 'show', 'B3'],
  [TAG_5F28_ISSUER_COUNTRY_CODE, 'Issuer Country Code', 'n', 2, 2, 'ICC', '70 77', 'show', 'B3'],
  [TAG_5F2A_TRANSACTION_CURRENCY_CODE, 'Transaction Currency Code', 'n', 2, 2, 'terminal', '', 'show', 'B3'],
  [TAG_5F2D_LANGUAGE_PREFERENCE, 'Language Preference', 'an', 2, 8, 'ICC', 'A5', 'show', 'B3'],
  [TAG_5F30_SERVICE_CODE, 'Service Code', 'n', 2, 2, 'ICC', '70 77', 'show', 'B3'],
  [TAG_5F34_PAN_SEQUENCE_NUMBER, 'PAN Sequence Number', 'n', 1, 1, 'ICC', '70 77', 'show', 'B3'],
  [TAG_5F36_TRANSACTION_CURRENCY_EXPONENT, 'Transaction Currency Exponent', 'n', 1, 1, 'terminal', '', 'show', 'B3'],
  [TAG_5F50_ISSUER_URL, 'Issuer URL', 'ans', 1, 252, 'ICC', 'BF0C 73', 'show', 'B3'],
  [TAG_5F53_INTERNATIONAL_BANK_ACCOUNT_NUMBER, 'International Bank Account Number', 'b', 0, 34, 'ICC', 'BF0C 73', 'hidden', 'B3'],
  [TAG_5F54_BANK_IDENTIFIER_CODE, 'Bank Identifier Code', 'an', 8, 11, 'ICC', 'BF0C 73', 'show', 'B3'],
  [TAG_5F55_ISSUER_COUNTRY_CODE_ALPHA2, 'Issuer Country Code Alpha2', 'an', 2, 2, 'ICC', 'BF0C 73', 'show', 'B3'],
  [TAG_5F56_ISSUER_COUNTRY_CODE_ALPHA3, 'Issuer Country Code Alpha3', 'an', 3, 3, 'ICC', 'BF0C 73', 'show', 'B3'],
  [TAG_5F57_ACCOUNT_TYPE, 'Account Type', 'n', 1, 1, 'terminal', '', 'show', 'B3'],
  [TAG_61_APPLICATION_TEMPLATE, 'Application Template', 'b', 0, 252, 'ICC', '70 BF0C', 'show', 'B3'],
  [TAG_6F_FILE_CONTROL_INFORMATION_TEMPLATE, 'File Control Information Template', 'b', 0, 252, 'ICC', '', 'show', 'B3'],
  [TAG_70_READ_RECORD_RESPONSE_MESSAGE_TEMPLATE, 'Read Record Response Message Template', 'b', 0, 252, 'ICC', '', 'show', 'B3'],
  [TAG_71_ISSUER_SCRIPT_TEMPLATE_1, 'Issuer Script Template 1', 'b', 0, 252, 'issuer', '', 'show', 'B3'],
  [TAG_72_ISSUER_SCRIPT_TEMPLATE_2, 'Issuer Script Template 2', 'b', 0, 252, 'issuer', '', 'show', 'B3'],
  [TAG_73_DIRECTORY_DISCRETIONARY_TEMPLATE, 'Directory Discretionary Template', 'b', 0, 252, 'ICC', '61', 'show', 'B3'],
  [TAG_77_RESPONSE_MESSAGE_TEMPLATE_FORMAT_2, 'Response Message Template Format 2', 'b', 0, 252, 'ICC', '', 'show', 'B3'],
  [TAG_80_RESPONSE_MESSAGE_TEMPLATE_FORMAT_1, 'Response Message Template Format 1', 'b', 0, 252, 'ICC', '', 'show', 'B3'],
  [TAG_81_AMOUNT_AUTHORISED_BINARY, 'Amount Authorised Binary', 'b', 4, 4, 'terminal', '', 'show', 'B3'],
  [TAG_82_APPLICATION_INTERCHANGE_PROFILE, 'Application Interchange Profile', 'b', 2, 2, 'ICC', '77 80', 'show', 'B3'],
  [TAG_83_COMMAND_TEMPLATE, 'Command Template', 'b', 0, 252, 'terminal', '', 'show', 'B3'],
  [TAG_84_DEDICATED_FILE_NAME, 'Dedicated File Name', 'b', 5, 16, 'ICC', '6F', 'show', 'B3'],
  [TAG_86_ISSUER_SCRIPT_COMMAND, 'Issuer Script Command', 'b', 0, 261, 'issuer', '71 72', 'show', 'B3'],
  [TAG_87_APPLICATION_PRIORITY_INDICATOR, 'Application Priority Indicator', 'b', 1, 1, 'ICC', '61 A5', 'show', 'B3'],
  [TAG_88_SHORT_FILE_IDENTIFIER, 'Short File Identifier', 'b', 1, 1, 'ICC', 'A5', 'show', 'B3'],
  [TAG_89_AUTHORISATION_CODE, 'Authorisation Code', 'ans', 6, 6, 'issuer', '', 'show', 'B3'],
  [TAG_8A_AUTHORISATION_RESPONSE_CODE, 'Authorisation Response Code', 'an', 2, 2, 'issuer', '', 'show', 'B3'],
  [TAG_8C_CARD_RISK_MANAGEMENT_DATA_OBJECT_LIST_1, 'Card Risk Management Data Object List 1', 'b', 0, 252, 'ICC', '70 77', 'show', 'B3'],
  [TAG_8D_CARD_RISK_MANAGEMENT_DATA_OBJECT_LIST_2, 'Card Risk Management Data Object List 2', 'b', 0, 252, 'ICC', '70 77', 'show', 'B3'],
  [TAG_8E_CARDHOLDER_VERIFICATION_METHOD_LIST, 'Cardholder Verification Method List', 'b', 10, 252, 'ICC', '70 77', 'show', 'B3'],
  [TAG_8F_CERTIFICATION_AUTHORITY_PUBLIC_KEY_INDEX, 'Certification Authority Public Key Index', 'b', 1, 1, 'ICC', '70 77', 'show', 'B3'],
  [TAG_90_ISSUER_PUBLIC_KEY_CERTIFICATE, 'Issuer Public Key Certificate', 'b', 0, 248, 'ICC', '70 77', 'show', 'B3'],
  [TAG_91_ISSUER_AUTHENTICATION_DATA, 'Issuer Authentication Data', 'b', 8, 16, 'issuer', '', 'show', 'B3'],
  [TAG_92_ISSUER_PUBLIC_KEY_REMAINDER, 'Issuer Public Key Remainder', 'b', 0, 248, 'ICC', '70 77', 'show', 'B3'],
  [TAG_93_SIGNED_STATIC_APPLICATION_DATA, 'Signed Static Application Data', 'b', 0, 248, 'ICC', '70 77', 'show', 'B3'],
  [TAG_94_APPLICATION_FILE_LOCATOR, 'Application File Locator', 'b', 0, 252, 'ICC', '77 80', 'show', 'B3'],
  [TAG_95_TERMINAL_VERIFICATION_RESULTS, 'Terminal Verification Results', 'b', 5, 5, 'terminal', '', 'show', 'B3'],
  [TAG_97_TRANSACTION_CERTIFICATE_DATA_OBJECT_LIST, 'Transaction Certificate Data Object List', 'b', 0, 252, 'ICC', '70 77', 'show', 'B3'],
  [TAG_98_TRANSACTION_CERTIFICATE_HASH_VALUE, 'Transaction Certificate Hash Value', 'b', 20, 20, 'terminal', '', 'show', 'B3'],
  [TAG_99_TRANSACTION_PIN_DATA, 'Transaction PIN Data', 'b', 0, 252, 'terminal', '', 'hidden', 'B3'],
  [TAG_9A_TRANSACTION_DATE, 'Transaction Date', 'n', 3, 3, 'terminal', '', 'show', 'B3'],
  [TAG_9B_TRANSACTION_STATUS_INFORMATION, 'Transaction Status Information', 'b', 2, 2, 'terminal', '', 'show', 'B3'],
  [TAG_9C_TRANSACTION_TYPE, 'Transaction Type', 'n', 1, 1, 'terminal', '', 'show', 'B3'],
  [TAG_9D_DIRECTORY_DEFINITION_FILE_NAME, 'Directory Definition File Name', 'b', 5, 16, 'ICC', '61', 'show', 'B3'],
  [TAG_9F01_ACQUIRER_IDENTIFIER, 'Acquirer Identifier', 'n', 6, 6, 'terminal', '', 'show', 'B3'],
  [TAG_9F02_AMOUNT_AUTHORISED, 'Amount Authorised', 'n', 6, 6, 'terminal', '', 'show', 'B3'],
  [TAG_9F03_AMOUNT_OTHER, 'Amount Other', 'n', 6, 6, 'terminal', '', 'show', 'B3'],
  [TAG_9F04_AMOUNT_OTHER_BINARY, 'Amount Other Binary', 'b', 4, 4, 'terminal', '', 'show', 'B3'],
  [TAG_9F05_APPLICATION_DISCRETIONARY_DATA, 'Application Discretionary Data', 'b', 1, 32, 'ICC', '70 77', 'hidden', 'B3'],
  [TAG_9F06_APPLICATION_IDENTIFIER, 'Application Identifier', 'b', 5, 16, 'terminal', '', 'show', 'B3'],
  [TAG_9F07_APPLICATION_USAGE_CONTROL, 'Application Usage Control', 'b', 2, 2, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F08_APPLICATION_VERSION_NUMBER, 'Application Version Number', 'b', 2, 2, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F09_TERMINAL_APPLICATION_VERSION_NUMBER, 'Terminal Application Version Number', 'b', 2, 2, 'terminal', '', 'show', 'B3'],
  [TAG_9F0B_CARDHOLDER_NAME_EXTENDED, 'Cardholder Name Extended', 'ans', 27, 45, 'ICC', '70 77', 'hidden', 'B3'],
  [TAG_9F0D_ISSUER_ACTION_CODE_DEFAULT, 'Issuer Action Code Default', 'b', 5, 5, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F0E_ISSUER_ACTION_CODE_DENIAL, 'Issuer Action Code Denial', 'b', 5, 5, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F0F_ISSUER_ACTION_CODE_ONLINE, 'Issuer Action Code Online', 'b', 5, 5, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F10_ISSUER_APPLICATION_DATA, 'Issuer Application Data', 'b', 0, 32, 'ICC', '77 80', 'show', 'B3'],
  [TAG_9F11_ISSUER_CODE_TABLE_INDEX, 'Issuer Code Table Index', 'n', 1, 1, 'ICC', 'A5', 'show', 'B3'],
  [TAG_9F12_APPLICATION_PREFERRED_NAME, 'Application Preferred Name', 'ans', 1, 16, 'ICC', '61 A5', 'show', 'B3'],
  [TAG_9F13_LAST_ONLINE_ATC_REGISTER, 'Last Online ATC Register', 'b', 2, 2, 'ICC', '', 'show', 'B3'],
  [TAG_9F14_LOWER_CONSECUTIVE_OFFLINE_LIMIT, 'Lower Consecutive Offline Limit', 'b', 1, 1, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F15_MERCHANT_CATEGORY_CODE, 'Merchant Category Code', 'n', 2, 2, 'terminal', '', 'show', 'B3'],
  [TAG_9F16_MERCHANT_IDENTIFIER, 'Merchant Identifier', 'ans', 15, 15, 'terminal', '', 'show', 'B3'],
  [TAG_9F17_PIN_TRY_COUNTER, 'PIN Try Counter', 'b', 1, 1, 'ICC', '', 'show', 'B3'],
  [TAG_9F18_ISSUER_SCRIPT_IDENTIFIER, 'Issuer Script Identifier', 'b', 4, 4, 'issuer', '71 72', 'show', 'B3'],
  [TAG_9F19_TOKEN_REQUESTOR_ID, 'Token Requestor ID', 'n', 6, 6, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F1A_TERMINAL_COUNTRY_CODE, 'Terminal Country Code', 'n', 2, 2, 'terminal', '', 'show', 'B3'],
  [TAG_9F1B_TERMINAL_FLOOR_LIMIT, 'Terminal Floor Limit', 'b', 4, 4, 'terminal', '', 'show', 'B3'],
  [TAG_9F1C_TERMINAL_IDENTIFICATION, 'Terminal Identification', 'an', 8, 8, 'terminal', '', 'show', 'B3'],
  [TAG_9F1D_TERMINAL_RISK_MANAGEMENT_DATA, 'Terminal Risk Management Data', 'b', 1, 8, 'terminal', '', 'show', 'B3'],
  [TAG_9F1E_INTERFACE_DEVICE_SERIAL_NUMBER, 'Interface Device Serial Number', 'an', 8, 8, 'terminal', '', 'show', 'B3'],
  [TAG_9F1F_TRACK_1_DISCRETIONARY_DATA, 'Track 1 Discretionary Data', 'ans', 0, 54, 'ICC', '70 77', 'hidden', 'B3'],
  [TAG_9F20_TRACK_2_DISCRETIONARY_DATA, 'Track 2 Discretionary Data', 'cn', 0, 16, 'ICC', '70 77', 'hidden', 'B3'],
  [TAG_9F21_TRANSACTION_TIME, 'Transaction Time', 'n', 3, 3, 'terminal', '', 'show', 'B3'],
  [TAG_9F22_TERMINAL_CERTIFICATION_AUTHORITY_PUBLIC_KEY_INDEX, 'Terminal Certification Authority Public Key Index', 'b', 1, 1, 'terminal', '', 'show', 'B3'],
  [TAG_9F23_UPPER_CONSECUTIVE_OFFLINE_LIMIT, 'Upper Consecutive Offline Limit', 'b', 1, 1, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F24_PAYMENT_ACCOUNT_REFERENCE, 'Payment Account Reference', 'an', 29, 29, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F25_LAST_4_DIGITS_OF_PAN, 'Last 4 Digits of PAN', 'n', 2, 2, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F26_APPLICATION_CRYPTOGRAM, 'Application Cryptogram', 'b', 8, 8, 'ICC', '77 80', 'show', 'B3'],
  [TAG_9F27_CRYPTOGRAM_INFORMATION_DATA, 'Cryptogram Information Data', 'b', 1, 1, 'ICC', '77 80', 'show', 'B3'],
  [TAG_9F2D_ICC_PIN_ENCIPHERMENT_PUBLIC_KEY_CERTIFICATE, 'ICC PIN Encipherment Public Key Certificate', 'b', 0, 248, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F2E_ICC_PIN_ENCIPHERMENT_PUBLIC_KEY_EXPONENT, 'ICC PIN Encipherment Public Key Exponent', 'b', 1, 3, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F2F_ICC_PIN_ENCIPHERMENT_PUBLIC_KEY_REMAINDER, 'ICC PIN Encipherment Public Key Remainder', 'b', 0, 248, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F32_ISSUER_PUBLIC_KEY_EXPONENT, 'Issuer Public Key Exponent', 'b', 1, 3, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F33_TERMINAL_CAPABILITIES, 'Terminal Capabilities', 'b', 3, 3, 'terminal', '', 'show', 'B3'],
  [TAG_9F34_CARDHOLDER_VERIFICATION_METHOD_RESULTS, 'Cardholder Verification Method Results', 'b', 3, 3, 'terminal', '', 'show', 'B3'],
  [TAG_9F35_TERMINAL_TYPE, 'Terminal Type', 'n', 1, 1, 'terminal', '', 'show', 'B3'],
  [TAG_9F36_APPLICATION_TRANSACTION_COUNTER, 'Application Transaction Counter', 'b', 2, 2, 'ICC', '77 80', 'show', 'B3'],
  [TAG_9F37_UNPREDICTABLE_NUMBER, 'Unpredictable Number', 'b', 4, 4, 'terminal', '', 'show', 'B3'],
  [TAG_9F38_PROCESSING_OPTIONS_DATA_OBJECT_LIST, 'Processing Options Data Object List', 'b', 0, 252, 'ICC', 'A5', 'show', 'B3'],
  [TAG_9F39_POINT_OF_SERVICE_ENTRY_MODE, 'Point of Service Entry Mode', 'n', 1, 1, 'terminal', '', 'show', 'B3'],
  [TAG_9F3A_AMOUNT_REFERENCE_CURRENCY, 'Amount Reference Currency', 'b', 4, 4, 'terminal', '', 'show', 'B3'],
  [TAG_9F3B_APPLICATION_REFERENCE_CURRENCY, 'Application Reference Currency', 'n', 2, 8, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F3C_TRANSACTION_REFERENCE_CURRENCY_CODE, 'Transaction Reference Currency Code', 'n', 2, 2, 'terminal', '', 'show', 'B3'],
  [TAG_9F3D_TRANSACTION_REFERENCE_CURRENCY_EXPONENT, 'Transaction Reference Currency Exponent', 'n', 1, 1, 'terminal', '', 'show', 'B3'],
  [TAG_9F40_ADDITIONAL_TERMINAL_CAPABILITIES, 'Additional Terminal Capabilities', 'b', 5, 5, 'terminal', '', 'show', 'B3'],
  [TAG_9F41_TRANSACTION_SEQUENCE_COUNTER, 'Transaction Sequence Counter', 'n', 2, 4, 'terminal', '', 'show', 'B3'],
  [TAG_9F42_APPLICATION_CURRENCY_CODE, 'Application Currency Code', 'n', 2, 2, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F43_APPLICATION_REFERENCE_CURRENCY_EXPONENT, 'Application Reference Currency Exponent', 'n', 1, 4, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F44_APPLICATION_CURRENCY_EXPONENT, 'Application Currency Exponent', 'n', 1, 1, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F45_DATA_AUTHENTICATION_CODE, 'Data Authentication Code', 'b', 2, 2, 'ICC', '', 'show', 'B3'],
  [TAG_9F46_ICC_PUBLIC_KEY_CERTIFICATE, 'ICC Public Key Certificate', 'b', 0, 248, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F47_ICC_PUBLIC_KEY_EXPONENT, 'ICC Public Key Exponent', 'b', 1, 3, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F48_ICC_PUBLIC_KEY_REMAINDER, 'ICC Public Key Remainder', 'b', 0, 248, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F49_DYNAMIC_DATA_AUTHENTICATION_DATA_OBJECT_LIST, 'Dynamic Data Authentication Data Object List', 'b', 0, 252, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F4A_STATIC_DATA_AUTHENTICATION_TAG_LIST, 'Static Data Authentication Tag List', 'b', 0, 252, 'ICC', '70 77', 'show', 'B3'],
  [TAG_9F4B_SIGNED_DYNAMIC_APPLICATION_DATA, 'Signed Dynamic Application Data', 'b', 0, 248, 'ICC', '77 80', 'show', 'B3'],
  [TAG_9F4C_ICC_DYNAMIC_NUMBER, 'ICC Dynamic Number', 'b', 2, 8, 'ICC', '', 'show', 'B3'],
  [TAG_9F4D_LOG_ENTRY, 'Log Entry', 'b', 2, 2, 'ICC', 'BF0C 73', 'show', 'B3'],
  [TAG_9F4E_MERCHANT_NAME_AND_LOCATION, 'Merchant Name and Location', 'ans', 0, 252, 'terminal', '', 'show', 'B3'],
  [TAG_9F4F_LOG_FORMAT, 'Log Format', 'b', 0, 252, 'ICC', '', 'show', 'B3'],
  [TAG_9F53_TRANSACTION_CATEGORY_CODE, 'Transaction Category Code', 'an', 1, 1, 'terminal', '', 'show', 'C2'],
  [TAG_9F5D_APPLICATION_CAPABILITIES_INFORMATION, 'Application Capabilities Information', 'b', 3, 3, 'ICC', 'BF0C', 'show', 'C2'],
  [TAG_9F5E_DATA_STORAGE_IDENTIFIER, 'Data Storage Identifier', 'n', 8, 11, 'ICC', '', 'hidden', 'C2'],
  [TAG_9F60_CVC3_TRACK_1, 'CVC3 Track 1', 'b', 2, 2, 'ICC', '77', 'show', 'C2'],
  [TAG_9F61_CVC3_TRACK_2, 'CVC3 Track 2', 'b', 2, 2, 'ICC', '77', 'show', 'C2'],
  [TAG_9F62_PCVC3_TRACK_1, 'PCVC3 Track 1', 'b', 6, 6, 'ICC', '70', 'show', 'C2'],
  [TAG_9F63_PUNATC_TRACK_1, 'PUNATC Track 1', 'b', 6, 6, 'ICC', '70', 'show', 'C2'],
  [TAG_9F64_NATC_TRACK_1, 'NATC Track 1', 'b', 1, 1, 'ICC', '70', 'show', 'C2'],
  [TAG_9F65_PCVC3_TRACK_2, 'PCVC3 Track 2', 'b', 2, 2, 'ICC', '70', 'show', 'C2'],
  [TAG_9F66_PUNATC_TRACK_2_OR_TERMINAL_TRANSACTION_QUALIFIERS, 'PUNATC Track 2 or Terminal Transaction Qualifiers', 'b', 2, 4, 'ICC', '70', 'show', 'C2'],
  [TAG_9F67_NATC_TRACK_2, 'NATC Track 2', 'b', 1, 1, 'ICC', '70', 'show', 'C2'],
  [TAG_9F69_UNPREDICTABLE_NUMBER_DATA_OBJECT_LIST, 'Unpredictable Number Data Object List', 'b', 0, 250, 'ICC', '70', 'show', 'C2'],
  [TAG_9F6A_UNPREDICTABLE_NUMBER_NUMERIC, 'Unpredictable Number Numeric', 'n', 4, 4, 'terminal', '', 'show', 'C2'],
  [TAG_9F6B_TRACK_2_DATA, 'Track 2 Data', 'b', 0, 19, 'ICC', '70', 'pan', 'C2'],
  [TAG_9F6C_MAG_STRIPE_APPLICATION_VERSION_NUMBER_CARD, 'Mag Stripe Application Version Number Card', 'b', 2, 2, 'ICC', '70', 'show', 'C2'],
  [TAG_9F6D_MAG_STRIPE_APPLICATION_VERSION_NUMBER_READER, 'Mag Stripe Application Version Number Reader', 'b', 2, 2, 'terminal', '', 'show', 'C2'],
  [TAG_9F6E_THIRD_PARTY_DATA, 'Third Party Data', 'b', 5, 32, 'ICC', '70 77 BF0C', 'show', 'C2'],
  [TAG_9F7C_MERCHANT_CUSTOM_DATA, 'Merchant Custom Data', 'b', 20, 20, 'terminal', '', 'show', 'C2'],
  [TAG_9F7E_MOBILE_SUPPORT_INDICATOR, 'Mobile Support Indicator', 'b', 1, 1, 'terminal', '', 'show', 'C2'],
  [TAG_A5_FILE_CONTROL_INFORMATION_PROPRIETARY_TEMPLATE, 'File Control Information Proprietary Template', 'b', 0, 252, 'ICC', '6F', 'show', 'B3'],
  [TAG_BF0C_FILE_CONTROL_INFORMATION_ISSUER_DISCRETIONARY_DATA, 'File Control Information Issuer Discretionary Data', 'b', 0, 222, 'ICC', 'A5', 'show', 'B3'],
  [TAG_DF8301_TERMINAL_RELAY_RESISTANCE_ENTROPY, 'Terminal Relay Resistance Entropy', 'b', 4, 4, 'terminal', '', 'show', 'C2'],
  [TAG_DF8302_DEVICE_RELAY_RESISTANCE_ENTROPY, 'Device Relay Resistance Entropy', 'b', 4, 4, 'ICC', '', 'show', 'C2'],
  [TAG_DF8303_MIN_TIME_FOR_PROCESSING_RELAY_RESISTANCE_APDU, 'Min Time for Processing Relay Resistance APDU', 'b', 2, 2, 'ICC', '', 'show', 'C2'],
  [TAG_DF8304_MAX_TIME_FOR_PROCESSING_RELAY_RESISTANCE_APDU, 'Max Time for Processing Relay Resistance APDU', 'b', 2, 2, 'ICC', '', 'show', 'C2'],
  [TAG_DF8305_DEVICE_ESTIMATED_TRANSMISSION_TIME_FOR_RELAY_RESISTANCE_R_APDU, 'Device Estimated Transmission Time for Relay Resistance R-APDU', 'b', 2, 2, 'ICC', '', 'show', 'C2'],
  [TAG_DF8306_MEASURED_RELAY_RESISTANCE_PROCESSING_TIME, 'Measured Relay Resistance Processing Time', 'b', 2, 2, 'terminal', '', 'show', 'C2'],
  [TAG_DF8307_RRP_COUNTER, 'RRP Counter', 'b', 1, 1, 'terminal', '', 'show', 'C2'],
];

/** Every row, in the order of the book. */
export const TAGS: readonly TagRow[] = ROWS.map(
  ([tag, name, format, lengthMin, lengthMax, source, templates, sensitivity, book]) => ({
    tag,
    name,
    format,
    lengthMin,
    lengthMax,
    source,
    templates,
    sensitivity,
    book,
  }),
);

const BY_TAG: ReadonlyMap<Tag, TagRow> = new Map(TAGS.map((row) => [row.tag, row]));

export function tagRow(tag: Tag): TagRow | undefined {
  return BY_TAG.get(tag);
}
