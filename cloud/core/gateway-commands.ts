import { REBIRTH_METRIC } from '@minewarden/protocol/sparkplug/birth.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { DataType, type MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'
import { type Acknowledgement, SPOOL_METRICS } from '@minewarden/protocol/spool.ts'
import type { Instant } from '@minewarden/protocol/time.ts'

/** Payloads of the NCMDs that the ingest sends: a time and one metric that the gateway's birth declared, no seq. */
const command = (name: string, datatype: number, value: MetricValue, at: Instant): Uint8Array => {
  const timestamp = Math.floor(at)
  return encodePayload({ timestamp, metrics: [{ name, timestamp, datatype, value }] })
}

/** "Say again who you are." */
export const rebirthCommand = (at: Instant): Uint8Array => command(REBIRTH_METRIC, DataType.Boolean, true, at)

/** What is committed, and how much may come. */
export const acknowledgementCommand = (acknowledgement: Acknowledgement, at: Instant): Uint8Array =>
  command(SPOOL_METRICS.acknowledged, DataType.String, JSON.stringify(acknowledgement), at)
