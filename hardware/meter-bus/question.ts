import type { Millis } from '@minewarden/protocol/time.ts'
import type { AnswerFrame, RequestFrame } from '../dlt645/frame.ts'
import type { MeterFrame } from '../dlt698/frame.ts'

/** What is asked of a meter and what can come of it, whatever protocol it speaks. Pure. */

export type BusProtocol = 'dlt645' | 'dlt698'

/** A sound frame on the bus. */
export type BusFrame =
  | { readonly protocol: 'dlt645'; readonly frame: AnswerFrame | RequestFrame }
  | { readonly protocol: 'dlt698'; readonly frame: MeterFrame }

/** What a sound frame is to a question. */
export type Verdict<T> =
  | { readonly kind: 'answer'; readonly value: T }
  /** `isMissing`: the meter does not have this value, and will not tomorrow. */
  | { readonly kind: 'refused'; readonly reason: string; readonly isMissing: boolean }
  /** The right frame with a value that is none, or cannot be true. `isPart`: the rest of it is in further frames. */
  | { readonly kind: 'nonsense'; readonly reason: string; readonly isPart?: boolean }
  | { readonly kind: 'old-protocol' }
  /** An echo, or an answer to an earlier question. */
  | { readonly kind: 'unrelated' }
  | { readonly kind: 'other-address'; readonly address: string }

/** One frame to a meter. */
export interface Question<T> {
  /** For messages: `voltages`. */
  readonly name: string
  /** The whole request. */
  readonly bytes: Uint8Array
  /** Of the longest sound answer, its preamble included. */
  readonly answerBytes: number
  /** Its check sums let no damage through that occurs: it is not asked twice on a noisy bus. */
  readonly isStrong?: boolean
  judge(heard: BusFrame): Verdict<T>
  /** Whether two answers, a moment apart, say the same: a sum of one byte lets some damage through. */
  agrees(a: T, b: T): boolean
}

/** What came of one question that was sent once. */
export type Exchange<T> =
  | { readonly kind: 'answer'; readonly value: T; readonly at: Millis }
  | Exclude<Verdict<T>, { readonly kind: 'answer' | 'unrelated' }>
  | { readonly kind: 'garbled'; readonly bytes: number }
  | { readonly kind: 'silent' }
export type Failure = Exclude<Exchange<never>, { readonly kind: 'answer' }>

/** What came of a question in the end. `at`: monotonic time at which the answer was complete. */
export type Outcome<T> =
  | { readonly kind: 'answer'; readonly value: T; readonly at: Millis }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly question: string }

/** Asks until it is answered, refused or given up. @throws HardwareError of the line */
export type Ask = <T>(question: Question<T>) => Promise<Outcome<T>>
