import type { SensorId } from '@minewarden/protocol/ids.ts'
import { createLayout, encodeRow } from '@minewarden/protocol/row.ts'
import {
  assignAliases,
  BDSEQ_METRIC,
  birthMetric,
  type DeclaredMetric,
  declareGateway,
  declareSensor,
} from '@minewarden/protocol/sparkplug/birth.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import type { MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'
import { SPOOL_METRICS } from '@minewarden/protocol/spool.ts'
import { instant } from '@minewarden/protocol/time.ts'

export const GROUP = '450324'
export const METER = 'meter-1' as SensorId
export const gatewayId = (nth: number): string => `gw-${nth}`

const node = assignAliases(declareGateway(), 1)
const { declared: meter } = assignAliases(declareSensor('power-meter', []), node.next)
const layout = createLayout(meter, METER)

function birth(declared: readonly DeclaredMetric[], values: Record<string, MetricValue>, seq: number): Uint8Array {
  const timestamp = Date.now()
  const metrics = declared.map((each) => birthMetric(each, values[each.name] ?? null, timestamp))
  return encodePayload({ timestamp, metrics, seq })
}

export const nodeBirth = (epoch: string): Uint8Array =>
  birth(node.declared, { [BDSEQ_METRIC]: 0, [SPOOL_METRICS.epoch]: epoch, [SPOOL_METRICS.oldest]: 1 }, 0)
export const meterBirth = (): Uint8Array => birth(meter, {}, 1)

const fieldsOf = (sequence: number) => ({
  activePowerW: 1000 + (sequence % 7),
  reactivePowerVar: 100,
  voltageAV: 230.1,
  voltageBV: 229.8,
  voltageCV: 230.4,
  currentAA: 1.4,
  currentBA: 1.5,
  currentCA: 1.45,
  activeEnergyWh: sequence,
  simulated: false,
})

/** The same reading as JSON, as people send it to a broker. */
export const jsonRow = (gateway: string, sequence: number, startMs: number): Uint8Array =>
  Buffer.from(
    JSON.stringify({ gateway, sensor: METER, at: startMs + sequence * 10, sequence, values: fieldsOf(sequence) }),
  )

/** A power reading as a gateway sends it: 12 metrics by alias. The first row after the births is 1. */
export const row = (sequence: number, startMs: number): Uint8Array =>
  encodeRow(
    layout,
    {
      sequence,
      historical: false,
      reading: {
        kind: 'power',
        sensor: METER,
        channel: null,
        measuredAt: instant(startMs + sequence * 10),
        clock: 'ntp',
        fields: fieldsOf(sequence),
      },
    },
    { sentAt: startMs + sequence * 10, seq: (sequence + 1) % 256 },
  )
