import { PICTURE_REQUEST_METRIC, type PictureRequest } from '@minewarden/protocol/picture.ts'
import { RELEARN_METRIC, type RelearnRequest } from '@minewarden/protocol/scene.ts'
import { REBIRTH_METRIC } from '@minewarden/protocol/sparkplug/birth.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import type { MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'
import {
  type Acknowledgement,
  SPOOL_METRICS,
  WAVEFORM_REQUEST_METRIC,
  type WaveformRequest,
} from '@minewarden/protocol/spool.ts'
import type { Instant } from '@minewarden/protocol/time.ts'

/** The alias that the gateway's NBIRTH gave a metric; `null` when it gave none. */
export type AliasOf = (metric: string) => number | null

/**
 * Payloads of the NCMDs that the fleet manager sends: a time and one metric that the gateway's birth declared, no seq.
 * A metric that was born with an alias goes by it alone, and none repeats the datatype of its birth.
 * @see Eclipse Sparkplug 3.0, payloads-alias-data-cmd-requirement and payloads-metric-datatype-not-req
 */
function command(metric: { name: string } | { alias: number }, value: MetricValue, at: Instant): Uint8Array {
  const timestamp = Math.floor(at)
  return encodePayload({ timestamp, metrics: [{ ...metric, timestamp, value }] })
}

function reference(name: string, aliasOf: AliasOf): { name: string } | { alias: number } {
  const alias = aliasOf(name)
  return alias === null ? { name } : { alias }
}

/** "Say again who you are." By its name: the specification gives it no alias. */
export const rebirthCommand = (at: Instant): Uint8Array => command({ name: REBIRTH_METRIC }, true, at)

/** What is committed, and how much may come. */
export const acknowledgementCommand = (
  acknowledgement: Acknowledgement,
  { at, aliasOf }: { readonly at: Instant; readonly aliasOf: AliasOf },
): Uint8Array => command(reference(SPOOL_METRICS.acknowledged, aliasOf), JSON.stringify(acknowledgement), at)

/** "Send me this stretch of raw waveform." */
export const waveformCommand = (
  request: WaveformRequest,
  { at, aliasOf }: { readonly at: Instant; readonly aliasOf: AliasOf },
): Uint8Array => command(reference(WAVEFORM_REQUEST_METRIC, aliasOf), JSON.stringify(request), at)

/** "Give me a picture": to a camera probe, a DCMD. */
export const pictureCommand = (
  request: PictureRequest,
  { at, aliasOf }: { readonly at: Instant; readonly aliasOf: AliasOf },
): Uint8Array => command(reference(PICTURE_REQUEST_METRIC, aliasOf), JSON.stringify(request), at)

/** "Learn anew what you see": to a camera probe, a DCMD. */
export const relearnCommand = (
  request: RelearnRequest,
  { at, aliasOf }: { readonly at: Instant; readonly aliasOf: AliasOf },
): Uint8Array => command(reference(RELEARN_METRIC, aliasOf), JSON.stringify(request), at)
