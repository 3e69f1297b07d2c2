/**
 * Covert reopenings, by how cunning they are. Each works in shifts over some nights (or days): holes are drilled, fired,
 * the smoke is let out, and the ore is dragged out. What each grade does to stay unseen is data; the physics of its
 * tools is that of everyone else.
 */
import type { Happening, Load, ProbeChange, Shaking } from './happening.ts'
import type { SourceName } from './library.ts'
import { blastPeak, groundPeak, shake } from './ordinary-life.ts'
import type { Random } from './random.ts'
import { DAY_MS, HOUR_MS, type SiteSpec } from './site-spec.ts'

const MINUTE_MS = 60_000

/** What a grade of cunning does. */
interface Cunning {
  readonly hours: 'any' | 'night' | 'day'
  /** Where electricity comes from: the watched meter, a neighbour, a diesel set, none. */
  readonly power: 'grid' | 'borrowed' | 'generator' | 'none'
  readonly tools: 'machines' | 'light' | 'hand'
  /** Kilograms for each delay, or none at all. */
  readonly chargeKg: readonly [number, number] | null
  readonly probe: 'left' | 'covered' | 'cut'
  /** The level of the machines comes up over days. */
  readonly ramp?: boolean
  /** Motors stay below the rating of the pump that is expected. */
  readonly asPump?: boolean
  readonly underPermit?: boolean
}

export const CUNNING = {
  brazen: { hours: 'any', power: 'grid', tools: 'machines', chargeKg: [0.3, 1.5], probe: 'left' },
  'night only': { hours: 'night', power: 'grid', tools: 'machines', chargeKg: [0.3, 1.5], probe: 'left' },
  'covered probe': { hours: 'night', power: 'grid', tools: 'machines', chargeKg: [0.3, 1.5], probe: 'covered' },
  'borrowed power': { hours: 'night', power: 'borrowed', tools: 'machines', chargeKg: [0.3, 1.5], probe: 'left' },
  generator: { hours: 'night', power: 'generator', tools: 'machines', chargeKg: [0.3, 1.5], probe: 'left' },
  'tiny rounds': { hours: 'night', power: 'grid', tools: 'light', chargeKg: [0.03, 0.1], probe: 'left' },
  'no rounds, machines alone': { hours: 'night', power: 'grid', tools: 'machines', chargeKg: null, probe: 'left' },
  'slow ramp': { hours: 'night', power: 'grid', tools: 'machines', chargeKg: [0.1, 0.4], probe: 'left', ramp: true },
  'load like the pump': {
    hours: 'night',
    power: 'grid',
    tools: 'light',
    chargeKg: [0.2, 0.6],
    probe: 'left',
    asPump: true,
  },
  'under a permit': {
    hours: 'day',
    power: 'grid',
    tools: 'machines',
    chargeKg: [0.2, 0.8],
    probe: 'left',
    underPermit: true,
  },
  'tiny rounds, borrowed power, covered probe': {
    hours: 'night',
    power: 'borrowed',
    tools: 'light',
    chargeKg: [0.03, 0.1],
    probe: 'covered',
  },
  'generator, no rounds, cut probe': {
    hours: 'night',
    power: 'generator',
    tools: 'light',
    chargeKg: null,
    probe: 'cut',
  },
  'hand tools': { hours: 'night', power: 'none', tools: 'hand', chargeKg: null, probe: 'left' },
  'hand tools, covered probe': { hours: 'night', power: 'none', tools: 'hand', chargeKg: null, probe: 'covered' },
  'hand tools by day': { hours: 'day', power: 'none', tools: 'hand', chargeKg: null, probe: 'left' },
} as const satisfies Record<string, Cunning>
export type Grade = keyof typeof CUNNING

export interface Operation {
  readonly grade: Grade
  readonly shifts: readonly { readonly fromMs: number; readonly toMs: number }[]
  readonly happenings: readonly Happening[]
  /** Metres to the geophone. */
  readonly m: number
}

type Tool = readonly [SourceName, number]

/** Peak velocities at 7.6 m in mm/s. @see FTA (2018), table 7-4: jackhammer 0.9, small bulldozer 0.08; others by their power */
const TOOLS = {
  machines: [
    ['rock-drill', 0.9],
    ['winch', 0.25],
    ['compressor', 0.3],
    ['crusher', 1],
    ['loader', 0.3],
  ],
  light: [
    ['breaker', 0.5],
    ['winch', 0.15],
    ['fan', 0.05],
  ],
  hand: [['hand-tools', 0.12]],
} as const satisfies Record<Cunning['tools'], readonly Tool[]>

/** Kilowatts of each. */
const WATTS: { readonly [S in SourceName]?: readonly [number, number] } = {
  'rock-drill': [300, 800],
  winch: [5500, 15000],
  compressor: [15000, 45000],
  crusher: [7500, 30000],
  breaker: [1200, 2200],
  fan: [2200, 7500],
  loader: [0, 0],
}

/** @param firstDayMs local midnight of the first day on which they work */
export function planOperation(grade: Grade, spec: SiteSpec, firstDayMs: number, random: Random): Operation {
  const cunning: Cunning = CUNNING[grade]
  const m = random.ratio(50, 300)
  const days = cunning.ramp ? 10 : 4
  const shifts: { fromMs: number; toMs: number }[] = []
  for (let day = 0; day < days; day++) {
    if (day > 0 && random.chance(0.2)) continue
    const hour =
      cunning.hours === 'night'
        ? random.between(21, 25)
        : cunning.hours === 'day'
          ? random.between(8, 13)
          : random.between(0, 18)
    const fromMs = firstDayMs + day * DAY_MS + hour * HOUR_MS
    shifts.push({ fromMs, toMs: fromMs + random.between(2, 4.5) * HOUR_MS })
  }
  const strengthAt = (ms: number) =>
    cunning.ramp ? 0.02 * 50 ** Math.min(1, (ms - shifts[0]!.fromMs) / (8 * DAY_MS)) : 1
  const happenings = shifts.flatMap((shift) =>
    workShift({ spec, cunning, shift, m, strength: strengthAt(shift.fromMs) }, random),
  )
  return { grade, shifts, happenings, m }
}

interface Shift {
  readonly spec: SiteSpec
  readonly cunning: Cunning
  readonly shift: { readonly fromMs: number; readonly toMs: number }
  readonly m: number
  readonly strength: number
}

function workShift({ spec, cunning, shift, m, strength }: Shift, random: Random): Happening[] {
  const { equipment, around } = spec
  const list: Happening[] = []
  const { fromMs, toMs } = shift
  const felt = (source: SourceName, mm: number, atMs: number, forMs: number): Shaking =>
    shake(source, atMs, strength * groundPeak(mm * random.ratio(0.6, 1.6), m), 'covert', random, forMs)
  const drawn = (source: SourceName, atMs: number, forMs: number): Load[] => {
    const range = WATTS[source]
    if (cunning.power !== 'grid' || !range || range[1] === 0) return []
    const most = cunning.asPump && around.pump ? 0.8 * around.pump.ratedW : Number.POSITIVE_INFINITY
    const watts = Math.min(strength * random.between(...range), most)
    return [
      {
        kind: 'load',
        atMs,
        forMs,
        watts,
        tan: random.between(0.55, 0.85),
        single: false,
        share: source === 'winch' ? 0.5 : 1,
        cause: 'covert',
      },
    ]
  }
  if (cunning.power === 'generator') list.push(felt('generator', 0.15, fromMs, toMs - fromMs))
  if (cunning.tools === 'machines') {
    list.push(felt('compressor', 0.3, fromMs + 3 * MINUTE_MS, toMs - fromMs - 5 * MINUTE_MS))
    list.push(...drawn('compressor', fromMs + 3 * MINUTE_MS, toMs - fromMs - 5 * MINUTE_MS))
  }
  const tools: readonly Tool[] = TOOLS[cunning.tools]
  let atMs = fromMs + random.between(3, 12) * MINUTE_MS
  while (atMs < toMs - 10 * MINUTE_MS) {
    const [first, mm] = tools[0]!
    const holesMs = random.between(20, 50) * MINUTE_MS
    list.push(felt(first, mm, atMs, holesMs), ...drawn(first, atMs, holesMs))
    atMs += holesMs
    if (cunning.chargeKg && atMs < toMs) {
      atMs += random.between(8, 20) * MINUTE_MS
      list.push(...fire(cunning.chargeKg, atMs, m, random))
      atMs += random.between(15, 30) * MINUTE_MS
    }
    const [next, mm2] = random.pick(tools)
    const dragMs = random.between(15, 40) * MINUTE_MS
    list.push(felt(next, mm2, atMs, dragMs), ...drawn(next, atMs, dragMs))
    atMs += dragMs + random.between(2, 15) * MINUTE_MS
  }
  if (equipment.probe && cunning.probe !== 'left') list.push(hideFrom(cunning.probe, shift, random))
  return list.filter((h) => equipment.geophone || h.kind !== 'shaking')
}

function fire(chargeKg: readonly [number, number], atMs: number, m: number, random: Random): Shaking[] {
  const kg = random.ratio(...chargeKg)
  const source =
    kg < 0.12
      ? random.pick(['single-shot', 'round-milliseconds'] as const)
      : random.pick(['round-milliseconds', 'round-half-seconds'] as const)
  const heard = source === 'single-shot' ? 'air-single-shot' : 'air-shot'
  // Deep in an adit the air wave is spent on its way out.
  const pa = random.ratio(0.5, 60) * Math.cbrt(kg) * (100 / m)
  return [
    shake(source, atMs, blastPeak(kg, m, random), 'covert round', random),
    shake(heard, atMs + m / 0.34, pa, 'covert round', random),
  ]
}

const hideFrom = (
  how: 'covered' | 'cut',
  { fromMs, toMs }: { fromMs: number; toMs: number },
  random: Random,
): ProbeChange => ({
  kind: 'probe',
  atMs: fromMs - random.between(2, 20) * MINUTE_MS,
  forMs: toMs - fromMs + 30 * MINUTE_MS,
  status: how === 'cut' ? 'offline' : random.pick(['occluded', 'moved'] as const),
  cause: 'covert',
})
