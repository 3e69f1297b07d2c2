import { CLOCK_QUALITIES, type ClockQuality } from '@minewarden/protocol/time.ts'
import { z } from 'zod'

/** What is read again of the lines of a frozen piece (`core/orders/evidence.ts`); other lines are passed over. */
const FrozenReading = z.looseObject({
  gateway: z.string(),
  reading: z.looseObject({
    kind: z.string(),
    sensor: z.string().nullable(),
    channel: z.string().nullable(),
    measuredAt: z.number(),
    clock: z.enum(CLOCK_QUALITIES),
    clockErrorMs: z.number().optional(),
    fields: z.record(z.string(), z.unknown()),
  }),
})
export type FrozenReading = z.infer<typeof FrozenReading>

export function frozenReadings(content: string): FrozenReading[] {
  return content.split('\n').flatMap((line) => {
    try {
      return FrozenReading.safeParse(JSON.parse(line)).data ?? []
    } catch {
      return []
    }
  })
}

/** A part of a waveform as it was frozen. */
export interface FrozenWaveform {
  readonly gateway: string
  readonly sensor: string
  readonly channel: string
  readonly fromMs: number
  readonly part: number
  readonly miniSeed: Uint8Array
}

const Waveform = z.looseObject({ fromMs: z.number(), part: z.number(), data: z.string().regex(/^([0-9a-f]{2})*$/) })

/** The waveforms among frozen pieces, each part once, by channel and in order of time. */
export function frozenWaveforms(contents: readonly string[]): FrozenWaveform[] {
  const parts = new Map<string, FrozenWaveform>()
  for (const { gateway, reading } of contents.flatMap(frozenReadings)) {
    const fields = Waveform.safeParse(reading.fields).data
    if (reading.kind !== 'waveform' || !fields || !reading.sensor || !reading.channel) continue
    const { sensor, channel } = reading
    const key = [gateway, sensor, channel, fields.fromMs, fields.part].join(' ')
    parts.set(key, {
      gateway,
      sensor,
      channel,
      fromMs: fields.fromMs,
      part: fields.part,
      miniSeed: bytesOf(fields.data),
    })
  }
  const place = ({ gateway, sensor, channel }: FrozenWaveform) => `${gateway} ${sensor} ${channel}`
  return [...parts.values()].sort((a, b) =>
    place(a) === place(b) ? a.fromMs - b.fromMs || a.part - b.part : place(a) < place(b) ? -1 : 1,
  )
}

/** One channel's parts together: a miniSEED file. */
export function waveformFiles(waveforms: readonly FrozenWaveform[]) {
  const files = new Map<
    string,
    { address: Pick<FrozenWaveform, 'gateway' | 'sensor' | 'channel'>; parts: Uint8Array[] }
  >()
  for (const { gateway, sensor, channel, miniSeed } of waveforms) {
    const key = `${gateway} ${sensor} ${channel}`
    const file = files.get(key) ?? { address: { gateway, sensor, channel }, parts: [] }
    file.parts.push(miniSeed)
    files.set(key, file)
  }
  return [...files.values()].map(({ address, parts }) => ({ ...address, miniSeed: joined(parts) }))
}

/** How good the gateways' clocks were over the frozen readings. */
export function clocksOf(contents: readonly string[]) {
  const clocks = new Map<
    string,
    { from: number; to: number; worst: number | null; quality: Record<ClockQuality, number>; unknown: number }
  >()
  for (const { gateway, reading } of contents.flatMap(frozenReadings)) {
    const { measuredAt, clock, clockErrorMs } = reading
    const seen = clocks.get(gateway) ?? {
      ...{ from: measuredAt, to: measuredAt, worst: null as number | null, unknown: 0 },
      quality: { unsynchronised: 0, holdover: 0, ntp: 0, gnss: 0 },
    }
    seen.from = Math.min(seen.from, measuredAt)
    seen.to = Math.max(seen.to, measuredAt)
    seen.quality[clock]++
    if (clockErrorMs === undefined) seen.unknown++
    else seen.worst = Math.max(seen.worst ?? 0, clockErrorMs)
    clocks.set(gateway, seen)
  }
  return [...clocks].map(([gateway, { from, to, worst, quality, unknown }]) => ({
    ...{ gateway, fromMs: from, toMs: to, readingsByClock: quality },
    /** The true time of each reading with a bound lies within this; of so many the gateway said none. */
    ...{ worstErrorMs: worst, readingsWithoutBound: unknown },
  }))
}

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
