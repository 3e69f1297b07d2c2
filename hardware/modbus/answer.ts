/** What a request asks for, as far as its answer tells it again: Modbus answers name no register. */
export interface Asked {
  readonly unit: number
  readonly functionCode: number
  readonly count: number
}

/** Why no answer came that can be believed. */
export type Flaw =
  /** Nothing arrived at all. */
  | { readonly kind: 'silent' }
  /** A whole answer, of another meter. */
  | { readonly kind: 'other-unit'; readonly unit: number }
  /** A whole answer of this meter, to another question: one that came too late, as a rule. */
  | { readonly kind: 'other-answer' }
  /** A whole answer whose check sum is wrong. */
  | { readonly kind: 'check-sum' }
  /** An answer that broke off. */
  | { readonly kind: 'broken-off' }
  /** Bytes that are no answer. */
  | { readonly kind: 'noise'; readonly bytes: number }
  /** Bytes came without a pause, so that nothing could be asked. */
  | { readonly kind: 'flood' }

/** What a request asks for. @param request as RTU frames it: unit, function, address, count, check sum */
export const askedBy = (request: Uint8Array): Asked => ({
  unit: request[0] ?? 0,
  functionCode: request[1] ?? 0,
  count: (request[4] ?? 0) * 256 + (request[5] ?? 0),
})

/** One request on a line of some framing. */
export interface Framed {
  /** What goes out. */
  readonly bytes: Uint8Array
  /** The answer among the bytes that arrived, framed as RTU does; `null`: not there yet. */
  answer(heard: Uint8Array): Uint8Array | null
  /** What is wrong with these bytes, when no answer came of them. */
  flaw(heard: Uint8Array): Flaw
}

/** How requests and answers travel. @param request as RTU frames it */
export type Framing = (request: Uint8Array) => Framed
