import type { EventFinding, StateFinding } from '@minewarden/protocol/finding.ts'
import { GatewayId, OrderId, SensorId } from '@minewarden/protocol/ids.ts'
import {
  type FieldsOf,
  READING_KINDS,
  type Reading,
  type ReadingKind,
  type ReadingOf,
} from '@minewarden/protocol/reading.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import type { SiteView } from '../../../cloud/core/ports.ts'
import type { createMemoryCloud } from './cloud.ts'
import { sketchOrder } from './orders.ts'

type MemoryCloud = ReturnType<typeof createMemoryCloud>

const STEP_MS = 5000
export const STORY_SITE = 'qingshiao-1'
export const STORY_ORDER = OrderId.parse('order-450324-17')

/** Repeatable noise around 1, from the time alone. */
const noise = (at: number, salt: number): number => {
  const wave = Math.sin(at * 0.00137 + salt * 12.9898) * 43758.5453
  return 0.75 + 0.5 * (wave - Math.floor(wave))
}

/** The values of a reading, those not given unknown. */
export function fieldsOf<K extends ReadingKind>(kind: K, values: Partial<FieldsOf<K>>): FieldsOf<K> {
  const unknown = Object.fromEntries(Object.keys(READING_KINDS[kind].fields).map((field) => [field, null]))
  return { ...(unknown as FieldsOf<K>), ...values }
}

/** How a site sounds: at rest with a pump now and then, at work, or without power. */
export type Mood = 'rest' | 'work' | 'cut'

/** What the four sensors of a sketched site read at one moment. */
export function readingsAt(at: Instant, mood: Mood): Reading[] {
  const base = { measuredAt: at, clock: 'ntp' as const }
  const burst = mood === 'work' ? 40 + 60 * Math.abs(Math.sin(at / 47_000)) : 1
  const vibration = ['HHZ', 'HHN', 'HHE'].map(
    (channel, index): ReadingOf<'vibration'> => ({
      ...base,
      kind: 'vibration',
      sensor: SensorId.parse('geo-1'),
      channel,
      fields: fieldsOf('vibration', {
        windowS: 5,
        coverage: 1,
        rmsMPerS: (2.2e-6 - index * 4e-7) * burst * noise(at, index),
        peakMPerS: 9e-6 * burst * noise(at, index + 3),
      }),
    }),
  )
  const air: ReadingOf<'air'> = {
    ...base,
    kind: 'air',
    sensor: SensorId.parse('air-1'),
    channel: 'HDF',
    fields: fieldsOf('air', {
      windowS: 5,
      coverage: 1,
      rmsPa: 0.02 * noise(at, 9),
      peakPa: 0.09 * Math.sqrt(burst) * noise(at, 8),
    }),
  }
  return [...vibration, air, { ...base, ...powerAt(at, mood) }]
}

function powerAt(at: number, mood: Mood): Pick<ReadingOf<'power'>, 'kind' | 'sensor' | 'channel' | 'fields'> {
  const pump = Math.floor(at / 240_000) % 3 === 0 ? 7300 : 0
  const load = { rest: 180 + pump, work: 41_000 + pump, cut: 0 }[mood] * (0.97 + 0.06 * (noise(at, 5) - 0.5))
  const amperes = (share: number) => (load * share) / 0.86 / 231
  return {
    kind: 'power',
    sensor: SensorId.parse('meter-1'),
    channel: null,
    fields: {
      activePowerW: load,
      reactivePowerVar: load * 0.59,
      voltageAV: mood === 'cut' ? 0 : 231.4,
      voltageBV: mood === 'cut' ? 0 : 229.8,
      voltageCV: mood === 'cut' ? 0 : 230.6,
      currentAA: amperes(0.36),
      currentBA: amperes(0.31),
      currentCA: amperes(0.33),
      activeEnergyWh: 48_211_000,
      simulated: true,
    },
  }
}

/** What a meter told of a night's work: a motor started, its register counts too little, its cover was opened. */
function meterTale(now: Instant): Reading[] {
  const meter = { sensor: SensorId.parse('meter-1'), channel: null, clock: 'ntp' } as const
  const status = (agoMs: number, coverOpenings: number, faults: string): Reading => ({
    ...meter,
    kind: 'meter',
    measuredAt: instant(now - agoMs),
    fields: fieldsOf('meter', {
      ...{ measuresAt: 'load', relayKind: 'internal', relayOff: false, commandedOff: false, isProtected: true },
      ...{ coverOpenings, terminalCoverOpenings: 0, powerLosses: 4, faults, clockOffsetS: -312 },
      ...{ powerFactor: 0.86, frequencyHz: 49.9, reverseActiveEnergyWh: 12_300 },
    }),
  })
  const feature = <K extends ReadingKind>(kind: K, agoMs: number, fields: Partial<FieldsOf<K>>) =>
    ({ ...meter, kind, measuredAt: instant(now - agoMs), fields: fieldsOf(kind, fields) }) as unknown as Reading
  return [
    status(900_000, 2, ''),
    status(300_000, 3, 'b-reverse-power voltage-unbalance'),
    feature('powerSummary', 60_000, {
      ...{ periodS: 60, coverage: 1, meanW: 41_200, leastW: 40_100, mostW: 48_000 },
      ...{ meanVoltageAV: 231.4, meanVoltageBV: 229.8, meanCurrentAA: 74.7, meanCurrentBA: 64.3, meanCurrentCA: 68.4 },
      ...{ currentUnbalance: 0.081 },
    }),
    feature('powerStep', 380_000, { stepW: 34_000, inrushRatio: 5.4, inrushS: 3, phases: 'ABC' }),
    feature('voltageEvent', 379_000, { event: 'dip', phase: 'A', onsetMs: now - 380_000, extremeV: 188 }),
    feature('voltageEvent', 377_000, {
      ...{ event: 'dip', phase: 'A', onsetMs: now - 380_000, extremeV: 186, durationS: 3 },
    }),
    feature('energyCheck', 120_000, { registerWh: 4_100, integralWh: 8_200, ratio: 0.5, uncertainty: 0.03 }),
    feature('nightShare', 3_600_000, { nightW: 38_000, dayW: 400, ratio: 95 }),
  ]
}

/** Tells the story of one site over a memory cloud: at rest, at work, found out, cut. */
export function createStory(cloud: MemoryCloud) {
  const gateway = GatewayId.parse(`gw-${STORY_SITE}`)
  const site = () => cloud.sites.get(STORY_SITE as SiteView['id']) as SiteView
  const put = (changes: Partial<SiteView>) => {
    const changed = { ...site(), ...changes }
    cloud.sites.put(changed)
    cloud.live.publish({ kind: 'site', site: changed })
  }
  const judge = (finding: Omit<StateFinding, 'kind' | 'site' | 'late' | 'independentKinds'>) => {
    cloud.sites.addFinding({ kind: 'state', site: site().id, late: false, independentKinds: [], ...finding })
    const { at, state, probability, because } = finding
    put({ state, probability, since: instant(at), because })
  }
  const event = (onset: number, kind: EventFinding['class'], peakVelocityMmPerS: number) => {
    const finding: EventFinding = {
      kind: 'event',
      site: site().id,
      sensor: SensorId.parse('geo-1'),
      onset,
      at: onset + 4000,
      class: kind,
      probability: 0.93,
      durationS: 2.4,
      peakVelocityMmPerS,
      dominantFrequencyHz: 18,
      peaks: {
        verticalMmPerS: peakVelocityMmPerS,
        northMmPerS: 0.7 * peakVelocityMmPerS,
        eastMmPerS: 0.5 * peakVelocityMmPerS,
        verticalHz: 62,
        northHz: 41,
        eastHz: 38,
        vectorMmPerS: 1.1 * peakVelocityMmPerS,
        uncertainty: 0.12,
        airPa: 6.3,
        airDbL: 110,
        airUncertainty: 0.08,
      },
      because: [],
      late: false,
    }
    cloud.sites.addFinding(finding)
    cloud.live.publish({ kind: 'event', event: finding })
    put({ lastEvent: finding })
  }
  return {
    /** History up to `now`: at work since `workMs` ago, at rest before. */
    fillHistory(now: Instant, workMs: number) {
      for (let at = now - 16 * 60_000; at < now; at += STEP_MS) {
        const mood = at > now - workMs ? 'work' : 'rest'
        for (const reading of readingsAt(instant(at), mood)) cloud.history.add(gateway, reading)
      }
      for (const reading of meterTale(now)) cloud.history.add(gateway, reading)
      const measuredAt = instant(now - 420_000)
      const reading: Reading = {
        ...{ kind: 'probe', sensor: SensorId.parse('probe-1'), channel: null, clock: 'ntp', measuredAt },
        fields: {
          status: 'occluded',
          sinceMs: measuredAt,
          cause: 'occlusion-alarm',
          confidence: 0.9,
          clockOffsetS: null,
        },
      }
      cloud.history.add(gateway, reading)
      cloud.probes.presence(gateway, { kind: 'node-online', at: measuredAt })
      cloud.probes.take([{ offset: 1, gateway, receivedAt: measuredAt, historical: false, reading }])
    },
    /** One step of live readings. */
    tick(now: Instant, mood: Mood) {
      for (const reading of readingsAt(now, mood)) {
        cloud.history.add(gateway, reading)
        cloud.live.publish({ kind: 'reading', site: site().id, gateway, reading })
      }
    },
    /** A load goes off, told live. */
    switchOff(now: Instant) {
      const fields = fieldsOf('powerStep', { onsetMs: now, beforeW: 41_000, stepW: -12_000, phases: 'A' })
      const sensor = SensorId.parse('meter-1')
      const reading = { kind: 'powerStep', sensor, channel: null, measuredAt: now, clock: 'ntp', fields } as const
      cloud.live.publish({ kind: 'reading', site: site().id, gateway, reading })
    },
    /** Watch, suspected and reopened, the last of them at `now`, with the blasts that led to it. */
    reopen(now: Instant) {
      const single = [{ code: 'single-kind', values: {} }]
      judge({ at: now - 560_000, state: 'watch', probability: 0.31, because: single })
      event(now - 400_000, 'blast', 1.84)
      event(now - 396_000, 'blast', 2.31)
      judge({
        at: now - 330_000,
        state: 'suspected',
        probability: 0.72,
        because: [{ code: 'load-unexplained', values: { kW: 41.2 } }],
      })
      event(now - 120_000, 'digging', 0.22)
      event(now - 45_000, 'machinery', 0.41)
      judge({
        at: now,
        state: 'reopened',
        probability: 0.97,
        because: [
          { code: 'blast-and-load', values: { blasts: 2, kW: 41.2 } },
          { code: 'load-unexplained', values: { kW: 41.2 } },
          { code: 'night-rhythm', values: { from: '22:40', to: '23:25' } },
        ],
      })
    },
    draft: (now: Instant) => cloud.orders.put(sketchOrder(STORY_ORDER, site(), now)),
    /** Other sites in other states, for a page that shows them all. */
    neighbours(now: Instant) {
      const change = (id: string, changes: Partial<SiteView>) => {
        const view = cloud.sites.get(id as SiteView['id'])
        if (view) cloud.sites.put({ ...view, ...changes })
      }
      change('laohuchong-n', {
        state: 'suspected',
        probability: 0.68,
        since: instant(now - 4_100_000),
        because: [{ code: 'load-unexplained', values: { kW: 18.6 } }],
      })
      change('bainitang-2', {
        state: 'watch',
        probability: 0.27,
        since: instant(now - 11_000_000),
        because: [{ code: 'single-kind', values: {} }],
      })
      const silent = cloud.sites.get('etang-old' as SiteView['id'])
      if (silent) {
        const gateways = silent.gateways.map((one) => ({
          ...one,
          online: false,
          lastReadingAt: instant(now - 2_460_000),
          sensors: one.sensors.map((sensor) => ({ ...sensor, online: false, state: 'gateway-offline' })),
        }))
        cloud.sites.put({ ...silent, gateways })
      }
    },
  }
}
