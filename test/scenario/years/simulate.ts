/** One site over a stretch of time: everything that its gateway would send, in the order in which it would arrive. */
import { SensorId } from '@minewarden/protocol/ids.ts'
import { READING_KINDS, type Reading, type ReadingKind } from '@minewarden/protocol/reading.ts'
import { type ClockQuality, instant } from '@minewarden/protocol/time.ts'
import { createTeller, type Teller } from './ground-teller.ts'
import type { Fault, Happening, ProbeChange } from './happening.ts'
import { BANDS, type Library, WINDOW_S } from './library.ts'
import { createMeterTeller, type MeterTeller } from './meter-teller.ts'
import { type Carry, ordinaryDay } from './ordinary-life.ts'
import { createRandom, seedOf } from './random.ts'
import { DAY_MS, HOUR_MS, type SiteSpec, YEAR_START } from './site-spec.ts'
import { fillGains, type Weather, weatherOf } from './weather.ts'

export interface Sink {
  reading(reading: Reading, historical: boolean): void
  /** Time has passed in the cloud. */
  advance(atMs: number): void
  /** Asked each minute: nothing more need be simulated. */
  isDone?(): boolean
  /** For the report: what began, and why. */
  happening?(happening: Happening): void
}

export interface Stretch {
  readonly fromMs: number
  readonly toMs: number
  /** Covert work, or none. */
  readonly extra?: readonly Happening[]
}

const TICK_MS = 1000 * WINDOW_S
const MINUTE_MS = 60_000
/** A row of the backlog goes out for each that is live, and some more. */
const BACKLOG_PER_TICK = 500
const BACKLOG_CEILING = 200_000
const AIR_RMS_PA = 0.15

export function simulate(library: Library, spec: SiteSpec, { fromMs, toMs, extra = [] }: Stretch, sink: Sink): void {
  const random = createRandom(seedOf(spec.seed, 21))
  const { equipment, around } = spec
  const ground = equipment.geophone
    ? createTeller('ground', {
        library,
        stillness: around.stillness,
        stillRms: around.stillMPerS,
        random: createRandom(seedOf(spec.seed, 22)),
      })
    : null
  const air = equipment.air
    ? createTeller('air', {
        library,
        stillness: 'even',
        stillRms: AIR_RMS_PA,
        random: createRandom(seedOf(spec.seed, 23)),
      })
    : null
  const meter = equipment.meterEveryS
    ? createMeterTeller(equipment.meterEveryS, random.between(60, 250), createRandom(seedOf(spec.seed, 24)), fromMs)
    : null
  const planner = createPlanner(spec, fromMs, extra)
  const gateway = createGateway(sink, spec)
  const gains = new Float64Array(BANDS)
  const airGains = new Float64Array(BANDS)

  for (let endMs = fromMs + TICK_MS; endMs <= toMs; endMs += TICK_MS) {
    if ((endMs - TICK_MS - fromMs) % MINUTE_MS === 0) {
      planner.gains(endMs, gains, airGains)
      sink.advance(endMs - 2 * MINUTE_MS)
      if (sink.isDone?.()) return
    }
    for (const happening of planner.until(endMs)) {
      sink.happening?.(happening)
      begin(happening, { ground, air, meter, gateway })
    }
    gateway.pass(endMs)
    measureOnce(endMs, { ground, air, meter, gateway }, { gains, airGains, around })
  }
}

interface Parts {
  readonly ground: Teller | null
  readonly air: Teller | null
  readonly meter: MeterTeller | null
  readonly gateway: Gateway
}

function begin(happening: Happening, { ground, air, meter, gateway }: Parts): void {
  if (happening.kind === 'shaking') (happening.source.startsWith('air-') ? air : ground)?.begin(happening)
  else if (happening.kind === 'load') meter?.begin(happening)
  else gateway.takes(happening)
}

function measureOnce(
  endMs: number,
  { ground, air, meter, gateway }: Parts,
  { gains, airGains, around }: { gains: Float64Array; airGains: Float64Array; around: SiteSpec['around'] },
): void {
  const { well, clock, offsetMs, send } = gateway
  const is = (fault: Fault['fault']) => !well && gateway.has(fault)
  const off = is('reboot')
  if (ground) {
    if (off || is('geophone-dead')) ground.skip(endMs)
    else ground.window(endMs, is('geophone-flat') ? FLAT : gains, clock, send)
  }
  if (air) {
    if (off) air.skip(endMs)
    else air.window(endMs, airGains, clock, send)
  }
  if (meter) {
    const deaf = off || is('meter-silent')
    const state = { live: !deaf && !is('outage'), outlives: around.meterOutlives && !deaf, clock, offsetMs }
    for (const reading of meter.until(endMs, state)) gateway.sendAsItIs(reading)
  }
}

/** A preamplifier without its sensor: far below any ground. */
const FLAT = new Float64Array(BANDS).fill(1e-6)

function shifted(reading: Reading, offsetMs: number): Reading {
  if (offsetMs === 0) return reading
  const moved = { ...reading, measuredAt: instant(reading.measuredAt + offsetMs) } as Reading
  if (moved.kind === 'machineLine') {
    const { sinceMs, heardMs } = moved.fields
    return {
      ...moved,
      fields: { ...moved.fields, sinceMs: (sinceMs ?? 0) + offsetMs, heardMs: (heardMs ?? 0) + offsetMs },
    }
  }
  if (moved.kind !== 'event' && moved.kind !== 'airEvent') return moved
  return { ...moved, fields: { ...moved.fields, onsetMs: (moved.fields.onsetMs ?? 0) + offsetMs } } as Reading
}

/** Days of ordinary life and what is hidden in them, in order of time. */
function createPlanner(spec: SiteSpec, fromMs: number, extra: readonly Happening[]) {
  const random = createRandom(seedOf(spec.seed, 31))
  const carry: Carry = { sequences: [], pumpFreeMs: 0 }
  const upcoming: Happening[] = [...extra].sort((a, b) => a.atMs - b.atMs)
  let weather: Weather | null = null
  let plannedMs = fromMs
  const dayOf = (ms: number) => Math.floor((ms - YEAR_START) / DAY_MS) % 365
  const plan = () => {
    const dayOfYear = dayOf(plannedMs)
    weather = weatherOf(plannedMs, dayOfYear, weather, random)
    upcoming.push(...ordinaryDay(spec, { startMs: plannedMs, dayOfYear, weather, carry }, random))
    upcoming.sort((a, b) => a.atMs - b.atMs)
    plannedMs += DAY_MS
  }
  const busy = random.ratio(0.3, 3)
  return {
    until(endMs: number): readonly Happening[] {
      while (plannedMs < endMs) plan()
      let count = 0
      while (count < upcoming.length && upcoming[count]!.atMs < endMs) count++
      return count > 0 ? upcoming.splice(0, count) : NOTHING
    },
    gains(atMs: number, gains: Float64Array, airGains: Float64Array) {
      while (plannedMs < atMs) plan()
      const hour = ((((atMs - YEAR_START) % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS
      fillGains(gains, { weather: weather!, hour, atMs, busy })
      const wind = weather!.windMPerS[Math.floor(hour) % 24]!
      for (let b = 0; b < BANDS; b++) airGains[b] = 1 + (wind / 2.5) ** 4 / 3 ** b
    },
  }
}
const NOTHING: readonly Happening[] = []

interface Gateway {
  takes(happening: ProbeChange | Fault): void
  has(fault: Fault['fault']): boolean
  readonly clock: ClockQuality
  readonly offsetMs: number
  /** Nothing at all is broken. */
  readonly well: boolean
  pass(endMs: number): void
  /** What was measured at a true time, with the stamp of the gateway's clock. */
  send(reading: Reading): void
  /** What is stamped already. */
  sendAsItIs(reading: Reading): void
}

/** The gateway's line, its clock, what is broken, and the camera that it watches. */
function createGateway(sink: Sink, { around, equipment }: SiteSpec): Gateway {
  const running = new Map<Fault['fault'], { untilMs: number; byMs: number }>()
  const probes: { untilMs: number; fromMs: number; status: string }[] = []
  let backlog: Reading[] = []
  let sent = 0
  let told = 'online'
  let nowMs = 0

  const offset = () => (running.get('clock-ahead')?.byMs ?? 0) - (running.get('clock-behind')?.byMs ?? 0)
  const send = (reading: Reading) => {
    if (running.size === 0 || !running.has('uplink')) sink.reading(reading, false)
    else if (backlog.length < BACKLOG_CEILING) backlog.push(reading)
  }
  const sensorSays = (sensor: string, state: string, reason: string) =>
    send(readingOf('sensor', sensor, nowMs + offset(), { state, reason }))

  /** The worst of what is wrong with the camera; in an outage it is not there. */
  const probeStatus = (): string => {
    if (running.has('outage')) return 'offline'
    return probes
      .filter((p) => p.fromMs <= nowMs)
      .reduce((worst, p) => (RANK.indexOf(p.status) > RANK.indexOf(worst) ? p.status : worst), 'online')
  }
  const tellProbe = () => {
    if (probes.length === 0 && running.size === 0 && told === 'online') return
    for (let i = probes.length - 1; i >= 0; i--) if (probes[i]!.untilMs <= nowMs) probes.splice(i, 1)
    const status = probeStatus()
    if (status === told || running.has('reboot')) return
    told = status
    const fields = {
      status,
      sinceMs: nowMs + offset(),
      cause: status === 'offline' ? 'keepalive-missed' : null,
      confidence: 0.8,
    }
    send(readingOf('probe', 'probe-1', nowMs + offset(), fields))
  }

  const ended = (fault: Fault['fault']) => {
    running.delete(fault)
    if (fault === 'geophone-dead') sensorSays('geo-1', 'ok', 'data again')
    if (fault === 'meter-silent') sensorSays('meter-1', 'ok', 'answers again')
    if (fault === 'reboot' && equipment.probe) send(readingOf('probe', 'probe-1', nowMs + offset(), { status: told }))
  }

  return {
    takes(happening) {
      if (happening.kind === 'probe') {
        if (equipment.probe)
          probes.push({ fromMs: happening.atMs, untilMs: happening.atMs + happening.forMs, status: happening.status })
        return
      }
      const { fault, atMs, forMs, byMs } = happening
      running.set(fault, { untilMs: atMs + forMs, byMs })
      if (fault === 'geophone-dead') sensorSays('geo-1', 'silent', 'no data for 30 s')
      if (fault === 'meter-silent' || (fault === 'outage' && !around.meterOutlives && equipment.meterEveryS))
        sensorSays('meter-1', 'silent', 'no answer')
    },
    has: (fault) => running.has(fault),
    get clock() {
      return running.has('clock-ahead') || running.has('clock-behind') ? 'unsynchronised' : 'ntp'
    },
    get offsetMs() {
      return offset()
    },
    pass(endMs) {
      nowMs = endMs
      if (running.size > 0) for (const [fault, { untilMs }] of running) if (untilMs <= endMs) ended(fault)
      if (equipment.probe) tellProbe()
      if (backlog.length === 0 || running.has('uplink')) return
      for (const end = Math.min(backlog.length, sent + BACKLOG_PER_TICK); sent < end; sent++)
        sink.reading(backlog[sent]!, true)
      if (sent < backlog.length) return
      backlog = []
      sent = 0
    },
    get well() {
      return running.size === 0
    },
    send: (reading) => send(running.size === 0 ? reading : shifted(reading, offset())),
    sendAsItIs: send,
  }
}

/** Worse is later. */
const RANK = ['online', 'dark', 'frozen', 'moved', 'occluded', 'offline', 'tampered']

function readingOf(kind: ReadingKind, sensor: string, atMs: number, fields: object): Reading {
  const empty = Object.fromEntries(Object.keys(READING_KINDS[kind].fields).map((name) => [name, null]))
  const head = { kind, sensor: SensorId.parse(sensor), channel: null, measuredAt: instant(atMs), clock: 'ntp' as const }
  return { ...head, fields: { ...empty, ...fields } } as Reading
}
