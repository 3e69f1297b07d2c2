import { InvariantError } from './errors.ts'
import type { SensorId } from './ids.ts'
import type { ClockQuality, Instant, Millis } from './time.ts'

/**
 * What a gateway reports, declared once as data: births, spool, journal, history and documents all follow this table.
 * A reading kind is a group of metrics (`Power/ActivePowerW`); a kind measured for each channel puts the channel
 * between (`Vibration/HHZ/RmsMPerS`). A field's name carries its unit. A missing value is `null`, never zero.
 */
export type FieldType = 'number' | 'text' | 'flag' | 'bytes'

interface FieldSpec {
  readonly type: FieldType
  /** UCUM-like unit for births and dashboards; empty for a plain number or text. */
  readonly unit: string
}
/** In which order rows leave the spool, and which are dropped first when the disk is full (last first). */
export type Priority = 'alarm' | 'feature' | 'waveform'

interface KindSpec {
  readonly group: string
  readonly perChannel: boolean
  readonly priority: Priority
  readonly fields: { readonly [name: string]: FieldSpec }
}

const number = (unit: string) => ({ type: 'number', unit }) as const
const text = { type: 'text', unit: '' } as const
const flag = { type: 'flag', unit: '' } as const
const bytes = { type: 'bytes', unit: '' } as const

/** Features that a transient has in any medium; what each is computed from: `edge/core/measure/event-features.ts`. */
const transient = {
  /** The window in which the transient ran was cut by a gap or by the longest length allowed. */
  cut: flag,
  snrDb: number('dB'),
  snrTo4HzDb: number('dB'),
  snrTo9HzDb: number('dB'),
  snrTo18HzDb: number('dB'),
  snrTo30HzDb: number('dB'),
  snrTo45HzDb: number('dB'),
  snrTo100HzDb: number('dB'),
  snrTo200HzDb: number('dB'),
  dominantHz: number('Hz'),
  zeroCrossingHz: number('Hz'),
  centroidHz: number('Hz'),
  /** Fall of the spectrum with frequency, in dB an octave; rises are positive. */
  spectralSlopeDb: number('dB'),
  /** Delay between shots that would band the spectrum as it is, and the share of its unevenness explained by it. */
  bandingDelayS: number('s'),
  bandingShare: number(''),
  /** Lag of a second wave (S) behind the first, and the first's amplitude over the second's in three bands. */
  phaseLagS: number('s'),
  phaseRatioTo9HzDb: number('dB'),
  phaseRatioTo18HzDb: number('dB'),
  phaseRatioTo30HzDb: number('dB'),
  /** Share of the energy below 9 Hz and above 18 Hz. */
  lowShare: number(''),
  highShare: number(''),
  /** From the trigger to where the transient proper begins; the times below count from there. */
  mainS: number('s'),
  /** How fast the strongest arrival comes up, and how long after the beginning it stands. */
  attackS: number('s'),
  riseS: number('s'),
  /** Largest amplitude of the first 0.3 s over the largest of all. */
  firstRatio: number(''),
  /** From the beginning until half of the energy has passed; from 5 % to 95 % of it. */
  energyHalfS: number('s'),
  energySpanS: number('s'),
  /** How fast the strongest arrival falls to a tenth in amplitude. */
  decayS: number('s'),
  /** How the level falls after the strongest arrival, in dB a second (negative). */
  codaDbPerS: number('dB/s'),
  /** Sharp arrivals: how many, the median interval, its relative spread, and how alike their amplitudes are (0 to 1). */
  impulses: number(''),
  impulseIntervalS: number('s'),
  impulseIntervalSpread: number(''),
  impulseEvenness: number(''),
  kurtosis: number(''),
} as const

export const READING_KINDS = {
  /** Ground motion over one window of one geophone channel. A band above what the sample rate can show is `null`. */
  vibration: {
    group: 'Vibration',
    perChannel: true,
    priority: 'feature',
    fields: {
      windowS: number('s'),
      coverage: number(''),
      rmsMPerS: number('m/s'),
      peakMPerS: number('m/s'),
      /** Levels of the filter bank: 1.5-4, 4-9, 9-18, 18-30, 30-45, 45-100 and 100-200 Hz. */
      rmsTo4HzMPerS: number('m/s'),
      rmsTo9HzMPerS: number('m/s'),
      rmsTo18HzMPerS: number('m/s'),
      rmsTo30HzMPerS: number('m/s'),
      rmsTo45HzMPerS: number('m/s'),
      rmsTo100HzMPerS: number('m/s'),
      rmsTo200HzMPerS: number('m/s'),
      /** 3 for steady noise, far above for blows. */
      kurtosis: number(''),
      /** The strongest spectral line and how far it stands above its neighbourhood: motors, drills. */
      toneHz: number('Hz'),
      toneDb: number('dB'),
      /** The steadiest rhythm of the envelope and how far it stands out: breakers, crushers, steps. */
      percussionHz: number('Hz'),
      percussionDb: number('dB'),
    },
  },
  /** Air pressure over one window. */
  air: {
    group: 'Air',
    perChannel: true,
    priority: 'feature',
    fields: {
      windowS: number('s'),
      coverage: number(''),
      rmsPa: number('Pa'),
      peakPa: number('Pa'),
      rmsTo4HzPa: number('Pa'),
      rmsTo9HzPa: number('Pa'),
      rmsTo18HzPa: number('Pa'),
      rmsTo30HzPa: number('Pa'),
      rmsTo45HzPa: number('Pa'),
      rmsTo100HzPa: number('Pa'),
      rmsTo200HzPa: number('Pa'),
      kurtosis: number(''),
      toneHz: number('Hz'),
      toneDb: number('dB'),
      percussionHz: number('Hz'),
      percussionDb: number('dB'),
    },
  },
  /**
   * A line that a geophone's spectrum, or the spectrum of its envelope, keeps for minutes: something turns or strikes.
   * Told when it is sure, each half minute while it goes on, and when it has ended.
   */
  machineLine: {
    group: 'MachineLine',
    perChannel: false,
    priority: 'feature',
    fields: {
      /** Counts the lines of one sensor; with `sinceMs` it is unique. */
      line: number(''),
      /** `runs` or `ended`. */
      phase: text,
      /** `tone`: of the motion itself; `rhythm`: of its envelope. */
      form: text,
      sinceMs: number('ms'),
      /** When it was last heard. */
      heardMs: number('ms'),
      /** Mean of the last half minute, lowest and highest of all, and how far it strays from its mean (standard deviation). */
      hz: number('Hz'),
      leastHz: number('Hz'),
      mostHz: number('Hz'),
      wanderHz: number('Hz'),
      /** What a window's estimate is uncertain by: a wander no larger than this is none. */
      errorHz: number('Hz'),
      /** How far it stands above its neighbourhood, and the amplitude of its motion (of the envelope for a rhythm). */
      db: number('dB'),
      amplitudeMPerS: number('m/s'),
      /** Multiples of it that are heard with it; and which multiple it is itself of a lower line (1: it is the lowest). */
      harmonics: number(''),
      order: number(''),
      /** Share of the windows since it began in which it was heard. */
      presence: number(''),
    },
  },
  /** A transient on the ground, with the features it is judged by. */
  event: {
    group: 'Event',
    perChannel: false,
    priority: 'alarm',
    fields: {
      onsetMs: number('ms'),
      durationS: number('s'),
      peakVelocityMPerS: number('m/s'),
      /** Peak over time of the length of the vector; `null` with fewer than three channels. */
      peakVectorMPerS: number('m/s'),
      peakVerticalMPerS: number('m/s'),
      peakNorthMPerS: number('m/s'),
      peakEastMPerS: number('m/s'),
      /** Zero-crossing frequency at the peak of each axis: what limits of blast vibration are judged by. */
      peakVerticalHz: number('Hz'),
      peakNorthHz: number('Hz'),
      peakEastHz: number('Hz'),
      /** Relative expanded uncertainty (k = 2) of the peaks at their frequency; `null` where the response is not known. */
      peakUncertainty: number(''),
      /** Of the first 0.4 s on three channels: 1 for motion along one line, and that line's angle from the vertical. */
      rectilinearity: number(''),
      incidenceDeg: number('deg'),
      backgroundMPerS: number('m/s'),
      ...transient,
    },
  },
  /** A transient in the air. */
  airEvent: {
    group: 'AirEvent',
    perChannel: false,
    priority: 'alarm',
    fields: {
      onsetMs: number('ms'),
      durationS: number('s'),
      peakPressurePa: number('Pa'),
      /** The same as a level re 20 uPa, unweighted. */
      peakDbL: number('dB'),
      peakUncertainty: number(''),
      backgroundPa: number('Pa'),
      ...transient,
    },
  },
  /** What an electricity meter reads; three phases A, B, C. */
  power: {
    group: 'Power',
    perChannel: false,
    priority: 'feature',
    fields: {
      activePowerW: number('W'),
      reactivePowerVar: number('var'),
      voltageAV: number('V'),
      voltageBV: number('V'),
      voltageCV: number('V'),
      currentAA: number('A'),
      currentBA: number('A'),
      currentCA: number('A'),
      activeEnergyWh: number('Wh'),
      simulated: flag,
    },
  },
  /** What a meter tells beside its readings, at each change and each quarter of an hour. */
  meter: {
    group: 'Meter',
    perChannel: false,
    priority: 'alarm',
    fields: {
      /** `line` or `load`: which side of its relay it measures. */
      measuresAt: text,
      /** `internal`, `external` or `none`: what the relay's bits stand for. */
      relayKind: text,
      relayOff: flag,
      commandedOff: flag,
      preTripAlarm: flag,
      isProtected: flag,
      coverOpenings: number(''),
      terminalCoverOpenings: number(''),
      powerLosses: number(''),
      /** Names with spaces between; empty: none. */
      faults: text,
      clockOffsetS: number('s'),
      reverseActiveEnergyWh: number('Wh'),
      /** Of all phases; negative while power flows back. */
      powerFactor: number(''),
      frequencyHz: number('Hz'),
      neutralCurrentA: number('A'),
    },
  },
  /** A meter's readings over a period of the clock's grid: a minute, a quarter of an hour. */
  powerSummary: {
    group: 'PowerSummary',
    perChannel: false,
    priority: 'feature',
    fields: {
      periodS: number('s'),
      fromMs: number('ms'),
      /** Share of the period that readings stood for. */
      coverage: number(''),
      meanW: number('W'),
      leastW: number('W'),
      mostW: number('W'),
      meanVar: number('var'),
      meanVoltageAV: number('V'),
      meanVoltageBV: number('V'),
      meanVoltageCV: number('V'),
      meanCurrentAA: number('A'),
      meanCurrentBA: number('A'),
      meanCurrentCA: number('A'),
      /** Largest deviation of a phase from the mean, over the mean. */
      voltageUnbalance: number(''),
      currentUnbalance: number(''),
      /** Integral of the active power over what was covered. */
      integralWh: number('Wh'),
    },
  },
  /** A load was switched on or off. */
  powerStep: {
    group: 'PowerStep',
    perChannel: false,
    priority: 'feature',
    fields: {
      onsetMs: number('ms'),
      beforeW: number('W'),
      stepW: number('W'),
      stepVar: number('var'),
      /** Peak over settled increase, at least. */
      inrushRatio: number(''),
      inrushS: number('s'),
      phases: text,
    },
  },
  /** A phase's voltage dipped, swelled or was lost; without a duration while it goes on. */
  voltageEvent: {
    group: 'VoltageEvent',
    perChannel: false,
    priority: 'feature',
    fields: { event: text, phase: text, onsetMs: number('ms'), extremeV: number('V'), durationS: number('s') },
  },
  /** The energy register held against the integral of the power; and each morning the night against the day. */
  energyCheck: {
    group: 'EnergyCheck',
    perChannel: false,
    priority: 'feature',
    fields: {
      fromMs: number('ms'),
      registerWh: number('Wh'),
      integralWh: number('Wh'),
      ratio: number(''),
      uncertainty: number(''),
    },
  },
  nightShare: {
    group: 'NightShare',
    perChannel: false,
    priority: 'feature',
    fields: { nightW: number('W'), dayW: number('W'), ratio: number('') },
  },
  /** A change of a camera probe's status (one of PROBE_STATUSES), or its repetition at a birth. */
  probe: {
    group: 'Probe',
    perChannel: false,
    priority: 'alarm',
    fields: {
      status: text,
      /** When the status began, as far as known: the last sign of life of a probe that is offline. */
      sinceMs: number('ms'),
      /** By what it is known, such as `keepalive-missed`; beside `online`: what is wrong although it is. */
      cause: text,
      /** 0 to 1: how sure it is that the probe itself is so, and not the way to it. */
      confidence: number(''),
      /** The probe's clock minus the gateway's. */
      clockOffsetS: number('s'),
    },
  },
  /** How the instrument behind a sensor is doing, each minute; a field that it does not tell is `null`. */
  instrument: {
    group: 'Instrument',
    perChannel: false,
    priority: 'feature',
    fields: {
      supplyVoltageV: number('V'),
      temperatureC: number('Cel'),
      /** Since the instrument began: samples it could not take, frames that came damaged, samples lost on the way. */
      missedSamples: number(''),
      badFrames: number(''),
      lostSamples: number(''),
      /** How much faster its sampling clock runs than UTC, as corrected in the stamps, and what that is uncertain by. */
      driftPpm: number(''),
      driftErrorPpm: number(''),
      /** Bound of the error of its stamps. */
      stampErrorMs: number('ms'),
    },
  },
  /** What the pins of a board tell of the cabinet, at each change and each minute. */
  enclosure: {
    group: 'Enclosure',
    perChannel: false,
    priority: 'alarm',
    fields: {
      doorOpen: flag,
      tampered: flag,
      tiltDeg: number('deg'),
      supplyVoltageV: number('V'),
      sirenOn: flag,
      strobeOn: flag,
      relayOn: flag,
    },
  },
  /** A sensor's own state: `ok`, or what is wrong with it; sensor deaths are spooled as this too. */
  sensor: { group: 'Sensor', perChannel: false, priority: 'alarm', fields: { state: text, reason: text } },
  /** A part of a stretch of raw waveform: at most 64 KiB of miniSEED. `request` is empty for an event's own waveform. */
  waveform: {
    group: 'Waveform',
    perChannel: true,
    priority: 'waveform',
    fields: {
      request: text,
      fromMs: number('ms'),
      toMs: number('ms'),
      part: number(''),
      parts: number(''),
      data: bytes,
    },
  },
  /**
   * A part of a picture that a person asked for: at most 64 KiB of JPEG. A request that is refused is one reading without
   * parts that says why.
   */
  picture: {
    group: 'Picture',
    perChannel: false,
    priority: 'waveform',
    fields: { request: text, part: number(''), parts: number(''), refusal: text, data: bytes },
  },
  /** The gateway dropped rows: which, how many, of what time, why. Belongs to the gateway, not to a sensor. */
  gap: {
    group: 'Gap',
    perChannel: false,
    priority: 'alarm',
    fields: {
      firstSequence: number(''),
      lastSequence: number(''),
      rows: number(''),
      fromMs: number('ms'),
      toMs: number('ms'),
      reason: text,
    },
  },
  /** The gateway's own health, each minute. Belongs to the gateway, not to a sensor. */
  health: {
    group: 'Health',
    perChannel: false,
    priority: 'feature',
    fields: {
      spoolRows: number(''),
      spoolBytes: number('By'),
      spoolOldestMs: number('ms'),
      spoolFill: number(''),
      rssBytes: number('By'),
      cpuShare: number(''),
      bytesWritten: number('By'),
      badInputs: number(''),
      /** Bound of the clock's error; `null` while it was never synchronised. */
      clockErrorMs: number('ms'),
    },
  },
} as const satisfies Record<string, KindSpec>

export type ReadingKind = keyof typeof READING_KINDS
type ValueOf<T extends FieldType> = T extends 'number'
  ? number
  : T extends 'text'
    ? string
    : T extends 'flag'
      ? boolean
      : Uint8Array
/** The values of one kind, by field name; `null` is unknown. */
export type FieldsOf<K extends ReadingKind> = {
  readonly [F in keyof (typeof READING_KINDS)[K]['fields']]: ValueOf<
    (typeof READING_KINDS)[K]['fields'][F] extends { type: infer T extends FieldType } ? T : never
  > | null
}

/**
 * One row: what was measured, by which sensor (`null`: the gateway itself), and when.
 * `measuredAt` is the time of the LAST sample or register that the values rest on: nothing in the row depends on
 * anything measured after it.
 */
export type Reading = { [K in ReadingKind]: ReadingOf<K> }[ReadingKind]
export interface ReadingOf<K extends ReadingKind> {
  readonly kind: K
  readonly sensor: SensorId | null
  /** SEED channel code for kinds measured per channel, else `null`. */
  readonly channel: string | null
  readonly measuredAt: Instant
  readonly clock: ClockQuality
  /** The true time of `measuredAt` lies within this; absent: not known. */
  readonly clockErrorMs?: Millis
  readonly fields: FieldsOf<K>
}

export const isReadingKind = (word: string): word is ReadingKind => Object.hasOwn(READING_KINDS, word)

const KIND_OF_GROUP = new Map<string, ReadingKind>(
  (Object.keys(READING_KINDS) as ReadingKind[]).map((kind) => [READING_KINDS[kind].group, kind]),
)

/** `rmsMPerS` of `vibration` on `HHZ` is the metric `Vibration/HHZ/RmsMPerS`. */
export function metricName(kind: ReadingKind, channel: string | null, field: string): string {
  const { group, perChannel } = READING_KINDS[kind]
  if (perChannel !== (channel !== null)) throw new InvariantError(`${kind} ${perChannel ? 'needs' : 'has no'} channel`)
  const last = field[0]?.toUpperCase() + field.slice(1)
  return channel === null ? `${group}/${last}` : `${group}/${channel}/${last}`
}

/** The reverse of {@link metricName}; `null` for a metric that is not of a reading. */
export function parseMetricName(name: string): { kind: ReadingKind; channel: string | null; field: string } | null {
  const parts = name.split('/')
  const kind = KIND_OF_GROUP.get(parts[0] ?? '')
  if (!kind || parts.length !== (READING_KINDS[kind].perChannel ? 3 : 2)) return null
  const last = parts.at(-1) ?? ''
  const field = last.charAt(0).toLowerCase() + last.slice(1)
  if (!Object.hasOwn(READING_KINDS[kind].fields, field)) return null
  return { kind, channel: READING_KINDS[kind].perChannel ? (parts[1] ?? null) : null, field }
}

/** Which kinds a sensor of each sort reports, and hence what its birth declares. */
export const KINDS_OF_SENSOR = {
  geophone: ['vibration', 'machineLine', 'event', 'waveform', 'instrument', 'sensor'],
  'air-pressure': ['air', 'airEvent', 'waveform', 'instrument', 'sensor'],
  'power-meter': ['power', 'powerSummary', 'powerStep', 'voltageEvent', 'energyCheck', 'nightShare', 'meter', 'sensor'],
  'camera-probe': ['probe', 'picture', 'sensor'],
  enclosure: ['enclosure', 'sensor'],
} as const satisfies Record<string, readonly ReadingKind[]>

/** What the gateway itself reports. */
export const KINDS_OF_GATEWAY = ['gap', 'health'] as const satisfies readonly ReadingKind[]
