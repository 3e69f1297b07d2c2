/**
 * The numbers of the model, per hour, as data that a county may change. They are orders of magnitude argued from how
 * mines, neighbours and instruments behave (each with its reason beside it), not fitted to any recording.
 */
import type { ByState, HourClass } from './hidden-state.ts'

/** One rate at all hours, or one each for day, evening and night. */
export type Rate = number | readonly [day: number, evening: number, night: number]

/** How often something is seen in each hidden state; `covered`: in lawful work under a permit. */
export type Rates = { readonly [S in keyof ByState]: Rate } & { readonly covered: Rate }

/** What the sensors can say, each of it at most once for one cause. */
export const EVIDENCE_KINDS = [
  'machine',
  'work',
  'drill',
  'generator',
  'dig',
  'digOn',
  'loadSmall',
  'loadMedium',
  'loadLarge',
  'loadHuge',
  'heating',
  'together',
  'apart',
  'probeOffline',
  'probeCovered',
  'probeTampered',
  'blastWeak',
  'blastMedium',
  'blastStrong',
  'blastNear',
  'machineAbsent',
  'loadAbsent',
] as const
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number]

/** Evidence that is nothing happening: its amount is hours watched. */
export type AbsenceKind = 'machineAbsent' | 'loadAbsent'

export interface FilterRates {
  /** Changes of the hidden state per hour. */
  readonly changes: {
    readonly lawfulBegins: Rate
    readonly lawfulBeginsCovered: Rate
    readonly lawfulEnds: number
    readonly lawfulEndsCovered: number
    readonly outsideBegins: Rate
    readonly outsideEnds: number
    readonly preparingBegins: Rate
    readonly preparingEnds: number
    readonly preparedToGrid: number
    readonly preparedToUnmetered: number
    readonly gridBegins: Rate
    readonly unmeteredBegins: Rate
    /** Mining begins under cover of a permit. */
    readonly abuseBegins: Rate
    readonly miningEnds: number
    /** By how much each step of risk (key area, key period) makes mining likelier. */
    readonly riskFactor: number
  }
  readonly evidence: { readonly [K in Exclude<EvidenceKind, AbsenceKind>]: Rates }
  /**
   * How much of the rate of what is missing counts: bouts come in clusters with long pauses between (smoke clears, a
   * crew eats), so that an hour of silence says less than independent arrivals would make it say.
   */
  readonly absence: { readonly machine: number; readonly load: number }
}

export const DEFAULT_RATES: FilterRates = {
  changes: {
    lawfulBegins: [0.1, 0.03, 0.005],
    lawfulBeginsCovered: [6, 3, 1],
    lawfulEnds: 1,
    lawfulEndsCovered: 0.2,
    // Roads, farms and quarries work by day, harvests into the evening; hardly anybody between midnight and five.
    outsideBegins: [0.15, 0.05, 0.006],
    outsideEnds: 0.7,
    preparingBegins: [0.0006, 0.001, 0.0012],
    preparingEnds: 0.6,
    preparedToGrid: 0.6,
    preparedToUnmetered: 0.3,
    gridBegins: [0.0005, 0.0008, 0.0008],
    unmeteredBegins: [0.0002, 0.0004, 0.0004],
    // Under a permit machines and load say nothing either way: only blasts, cameras and the hour do.
    abuseBegins: [0.002, 0.01, 0.015],
    miningEnds: 0.25,
    riskFactor: 1.5,
  },
  evidence: {
    // A bout of machines that lasts a minute. Where nothing works, wind and traffic still make one now and then.
    machine: {
      quiet: [1, 1, 0.8],
      lawful: [1.5, 1, 0.8],
      covered: 10,
      outside: 10,
      preparing: 0.5,
      grid: 10,
      unmetered: 10,
    },
    // Two minutes of machines near by. By day a crew on the road is, or who mends something; at night hardly ever anybody but a miner.
    work: {
      quiet: [0.02, 0.008, 0.004],
      lawful: [1.4, 0.1, 0.03],
      covered: [4.4, 1.2, 0.5],
      outside: [3.6, 0.2, 0.08],
      preparing: 0.4,
      grid: 4,
      unmetered: 4,
    },
    // A line at the blow rate of a rock drill that holds for half a minute. Some engines fire at such a rate.
    drill: {
      quiet: 0.003,
      lawful: [0.2, 0.05, 0.02],
      covered: [4, 0.6, 0.3],
      outside: [3, 0.25, 0.15],
      preparing: 0.05,
      grid: 6,
      unmetered: 6,
    },
    // An engine's line that wanders as its governor hunts: not on the grid, but most of a neighbour's machines are diesels.
    generator: {
      quiet: 0.003,
      lawful: [0.1, 0.05, 0.02],
      covered: 1,
      outside: [3, 2.5, 2],
      preparing: 0.2,
      grid: 0.3,
      unmetered: 4,
    },
    // Five minutes of blows that do not pass, as a herd does. Who opens a mine strikes, and who mines it without a motor does so for as long as he mines.
    // Wood is chopped and fields are dug in daylight.
    dig: {
      quiet: [0.05, 0.03, 0.02],
      lawful: [0.3, 0.1, 0.03],
      covered: 1,
      outside: [0.8, 0.08, 0.02],
      preparing: 2,
      grid: 0.6,
      unmetered: 2,
    },
    // They go on for the better part of an hour: a seal is broken by then, and a woodcutter has stacked his wood.
    digOn: {
      quiet: [0.02, 0.008, 0.004],
      lawful: [0.15, 0.04, 0.01],
      covered: 0.5,
      outside: [0.1, 0.04, 0.01],
      preparing: 0.1,
      grid: 0.5,
      unmetered: 2,
    },
    // A registered pump wears, somebody forgets a tool; large motors come on for work alone.
    loadSmall: {
      quiet: 0.006,
      lawful: [0.6, 0.3, 0.1],
      covered: 3,
      outside: 0.006,
      preparing: 0.15,
      grid: 2,
      unmetered: 0.006,
    },
    loadMedium: {
      quiet: 0.002,
      lawful: [0.1, 0.05, 0.02],
      covered: 3,
      outside: 0.002,
      preparing: 0.05,
      grid: 3,
      unmetered: 0.002,
    },
    loadLarge: {
      quiet: 0.0008,
      lawful: [0.012, 0.006, 0.002],
      covered: 5,
      outside: 0.0008,
      preparing: 0.02,
      grid: 5,
      unmetered: 0.0008,
    },
    // A compressor, a crusher: no crew that mends something brings one.
    loadHuge: {
      quiet: 0.0004,
      lawful: [0.004, 0.002, 0.001],
      covered: [0.3, 0.1, 0.05],
      outside: 0.0004,
      preparing: 0.01,
      grid: 4,
      unmetered: 0.0004,
    },
    heating: {
      quiet: 0.02,
      lawful: [1, 0.5, 0.15],
      covered: 3,
      outside: 0.02,
      preparing: 0.2,
      grid: 0.3,
      unmetered: 0.02,
    },
    // Shares, not rates: of the bouts that begin while a fast meter watches, how many begin with a motor's start.
    together: {
      quiet: 0.03,
      lawful: [0.3, 0.2, 0.2],
      covered: 0.5,
      outside: 0.03,
      preparing: 0.03,
      grid: 0.5,
      unmetered: 0.03,
    },
    apart: {
      quiet: 0.97,
      lawful: [0.7, 0.8, 0.8],
      covered: 0.5,
      outside: 0.97,
      preparing: 0.97,
      grid: 0.5,
      unmetered: 0.97,
    },
    // Lines to probes drop by themselves; nobody covers a camera by chance, but spiders and storms do.
    probeOffline: {
      quiet: 0.05,
      lawful: 0.05,
      covered: 0.1,
      outside: 0.05,
      preparing: 0.5,
      grid: 0.25,
      unmetered: 0.25,
    },
    probeCovered: {
      quiet: 0.015,
      lawful: 0.02,
      covered: 0.05,
      outside: 0.02,
      preparing: 0.6,
      grid: 0.3,
      unmetered: 0.3,
    },
    probeTampered: {
      quiet: 0.003,
      lawful: 0.006,
      covered: 0.02,
      outside: 0.004,
      preparing: 0.5,
      grid: 0.2,
      unmetered: 0.2,
    },
    // What is called a blast: of one, or of something else. The weaker, the more often of something else.
    blastWeak: {
      quiet: 0.04,
      lawful: 0.04,
      covered: 0.04,
      outside: [0.2, 0.08, 0.06],
      preparing: 0.05,
      grid: 0.15,
      unmetered: 0.15,
    },
    blastMedium: {
      quiet: [0.03, 0.012, 0.01],
      lawful: [0.03, 0.012, 0.01],
      covered: [0.03, 0.012, 0.01],
      outside: [0.4, 0.03, 0.02],
      preparing: 0.02,
      grid: 0.3,
      unmetered: 0.3,
    },
    blastStrong: {
      quiet: [0.02, 0.0008, 0.0006],
      lawful: [0.02, 0.0008, 0.0006],
      covered: [0.02, 0.0008, 0.0006],
      outside: [0.5, 0.004, 0.0025],
      preparing: 0.05,
      grid: 0.6,
      unmetered: 0.6,
    },
    // With its air wave: within a kilometre.
    blastNear: {
      quiet: [0.003, 0.0003, 0.0003],
      lawful: [0.003, 0.0003, 0.0003],
      covered: [0.003, 0.0003, 0.0003],
      outside: [0.1, 0.003, 0.002],
      preparing: 0.05,
      grid: 0.6,
      unmetered: 0.6,
    },
  },
  absence: { machine: 0.1, load: 0.5 },
}

/** The rate at a kind of hour. */
export const rateAt = (rate: Rate, hours: HourClass): number =>
  typeof rate === 'number' ? rate : rate[hours === 'day' ? 0 : hours === 'evening' ? 1 : 2]
