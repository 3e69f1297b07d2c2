/** The Sparkplug B payload as values (Eclipse Sparkplug 3.0, chapter 6; `sparkplug_b.proto`, package org.eclipse.tahu.protobuf). */

/** Codes of `DataType`. */
export const DataType = {
  Unknown: 0,
  Int8: 1,
  Int16: 2,
  Int32: 3,
  Int64: 4,
  UInt8: 5,
  UInt16: 6,
  UInt32: 7,
  UInt64: 8,
  Float: 9,
  Double: 10,
  Boolean: 11,
  String: 12,
  DateTime: 13,
  Text: 14,
  UUID: 15,
  DataSet: 16,
  Bytes: 17,
  File: 18,
  Template: 19,
  PropertySet: 20,
  PropertySetList: 21,
  Int8Array: 22,
  Int16Array: 23,
  Int32Array: 24,
  Int64Array: 25,
  UInt8Array: 26,
  UInt16Array: 27,
  UInt32Array: 28,
  UInt64Array: 29,
  FloatArray: 30,
  DoubleArray: 31,
  BooleanArray: 32,
  StringArray: 33,
  DateTimeArray: 34,
} as const
export type DataType = (typeof DataType)[keyof typeof DataType]

/** 64-bit integers are numbers where they are safe and bigints where they are not. */
export type Integer = number | bigint

export interface PropertyValue {
  readonly type: number
  /** `null` when `is_null` is set. */
  readonly value: Integer | boolean | string | PropertySet | readonly PropertySet[] | null
}
export type PropertySet = { readonly [key: string]: PropertyValue }

export interface DataSet {
  readonly columns: readonly string[]
  readonly types: readonly number[]
  readonly rows: readonly (readonly (Integer | boolean | string | null)[])[]
}

export interface Template {
  readonly version: string | null
  readonly metrics: readonly Metric[]
  readonly parameters: readonly {
    readonly name: string
    readonly type: number
    readonly value: Integer | boolean | string | null
  }[]
  readonly templateRef: string | null
  readonly isDefinition: boolean
}

export interface MetaData {
  readonly isMultiPart?: boolean
  readonly contentType?: string
  readonly size?: Integer
  readonly seq?: Integer
  readonly fileName?: string
  readonly fileType?: string
  readonly md5?: string
  readonly description?: string
}

export type MetricValue =
  | Integer
  | boolean
  | string
  | Uint8Array
  | DataSet
  | Template
  | readonly number[]
  | readonly bigint[]
  | readonly boolean[]
  | readonly string[]

/** One metric. What is absent on the wire is `undefined`; `value: null` is the wire's `is_null`. */
export interface Metric {
  readonly name?: string | undefined
  readonly alias?: number | undefined
  /** UTC milliseconds. */
  readonly timestamp?: number | undefined
  readonly datatype?: number | undefined
  readonly isHistorical?: boolean | undefined
  readonly isTransient?: boolean | undefined
  readonly metadata?: MetaData | undefined
  readonly properties?: PropertySet | undefined
  /**
   * A metric without datatype (DATA omits it) carries its value as the wire has it (integers unsigned); give the decoder
   * the birth's datatypes to have it read as what it is.
   */
  readonly value: MetricValue | null | undefined
}

export interface Payload {
  readonly timestamp?: number | undefined
  readonly metrics: readonly Metric[]
  /** 0..255 */
  readonly seq?: number | undefined
  readonly uuid?: string | undefined
  readonly body?: Uint8Array | undefined
}
