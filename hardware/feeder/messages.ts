import { z } from 'zod'

/**
 * What is said to the feeder simulator: one JSON object a line, over TCP. Operations follow the handshake that real
 * switchgear asks for: select, then operate from the same connection before the selection lapses.
 * @see IEC 60870-5-101 7.4.7 (select and execute), on which the handshake is modelled
 */

/** A longer line is discarded up to its end and answered with `line-too-long`: the stream stays in step. */
export const MAX_LINE_BYTES = 4096

export const FeederId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "feeder: letters, digits, '.', '_', '-', at most 64")
/** What an operation is done for, such as an order's number: an operation is done once for each. */
export const Reference = z.string().min(1).max(200)
/** `permit-close` moves nothing: whoever stands at the switch may close it then. */
export const FeederAction = z.enum(['open', 'close', 'permit-close'])
export type FeederAction = z.infer<typeof FeederAction>

/** A feeder as seen from outside. `closed` carries power. */
export const FeederState = z.strictObject({
  feeder: FeederId,
  position: z.enum(['closed', 'open']),
  /** Milliseconds UTC of the last movement; `null` when it never moved. */
  changedAt: z.number().nullable(),
  /** Of the last operation. */
  reference: Reference.nullable(),
  /** Movements since the simulator was first set up. */
  operations: z.number().int().min(0),
  /** Open, and a person at the switch may close it. Absent in files of before there was such a thing. */
  closePermitted: z.boolean().default(false),
})
export type FeederState = z.infer<typeof FeederState>

const RequestId = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const command = { id: RequestId, feeder: FeederId, action: FeederAction, reference: Reference }

export const FeederRequest = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('list'), id: RequestId }),
  z.strictObject({ op: z.literal('read'), id: RequestId, feeder: FeederId }),
  z.strictObject({ op: z.literal('watch'), id: RequestId, feeder: FeederId }),
  z.strictObject({ op: z.literal('select'), ...command }),
  /** `before`: milliseconds UTC from which on it must not be done any more, however late this line is read. */
  z.strictObject({ op: z.literal('operate'), ...command, before: z.number().optional() }),
  z.strictObject({ op: z.literal('cancel'), ...command }),
  /** A person at the switch presses its button: it closes where that is permitted. */
  z.strictObject({ op: z.literal('press'), id: RequestId, feeder: FeederId }),
])
export type FeederRequest = z.infer<typeof FeederRequest>
/** `select`, `operate` or `cancel` without its request number. */
export type FeederCommand = Pick<Extract<FeederRequest, { op: 'select' }>, 'feeder' | 'action' | 'reference'>

/** Why a request was not done. */
export const REFUSALS = {
  'request-malformed': 'A line that is not a request; the message names the field',
  'line-too-long': 'A line beyond the limit, discarded unread',
  'feeder-unknown': 'No feeder of this id',
  'selected-by-other': 'Another connection holds the selection',
  'not-selected': 'No selection of this connection, or one for another action or reference, or one that has lapsed',
  'too-late': 'The time by which it had to be done has passed',
  'reference-reused': 'The reference was already used for the other action',
  'close-not-permitted': 'A press at a switch that nobody permitted to close',
  refused: 'The switchgear is locked against operation',
  'failed-to-move': 'Operated, but the position did not change',
  'not-stored': 'The position could not be written down, and so was not changed',
} as const
export type Refusal = keyof typeof REFUSALS

const Answered = z.strictObject({
  id: RequestId,
  ok: z.literal(true),
  feeders: z.array(FeederState),
  /** Of a select: how long it is reserved. */
  selectedForMs: z.number().optional(),
  /** Of an operate: when it was done, and whether that was at an earlier request for the same reference. */
  operatedAt: z.number().optional(),
  repeated: z.boolean().optional(),
})
const Refused = z.strictObject({
  /** `null` when the request was so malformed that it could not be read. */
  id: RequestId.nullable(),
  ok: z.literal(false),
  refusal: z.enum(Object.keys(REFUSALS) as [Refusal, ...Refusal[]]),
  message: z.string(),
})
const Change = z.strictObject({ event: z.literal('change'), feeder: FeederState })

/** What the simulator sends: an answer to each request, in no promised order, and a change of each watched feeder. */
export const FeederMessage = z.union([Answered, Refused, Change])
export type FeederMessage = z.infer<typeof FeederMessage>
export type FeederAnswer = z.infer<typeof Answered>
