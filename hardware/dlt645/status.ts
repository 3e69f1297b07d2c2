/**
 * Run status words: what a meter says of itself, of its relay and of each phase.
 * @see DL/T 645-2007, annex C
 */

/** Data identifiers of status words 1 to 7, two bytes each, and of all together. */
export const STATUS_IDENTIFIERS = {
  word1: 0x04000501,
  word2: 0x04000502,
  word3: 0x04000503,
  phaseA: 0x04000504,
  phaseB: 0x04000505,
  phaseC: 0x04000506,
  word7: 0x04000507,
  all: 0x040005ff,
} as const

/** What status word 3 tells of the relay. The command is what the meter was told; the relay is what it believes. */
export interface RelayStatus {
  readonly relayOff: boolean
  readonly commandedOff: boolean
  /** It warns that it will trip. */
  readonly preTripAlarm: boolean
  /** Protected supply: it refuses to trip. */
  readonly isProtected: boolean
  readonly supply: 'main' | 'auxiliary' | 'battery' | 'unknown'
  readonly programmingEnabled: boolean
}

const SUPPLIES = ['main', 'auxiliary', 'battery', 'unknown'] as const
const bit = (word: number, n: number): boolean => ((word >> n) & 1) === 1

export const relayStatusOf = (word3: number): RelayStatus => ({
  supply: SUPPLIES[(word3 >> 1) & 0b11]!,
  programmingEnabled: bit(word3, 3),
  relayOff: bit(word3, 4),
  commandedOff: bit(word3, 6),
  preTripAlarm: bit(word3, 7),
  isProtected: bit(word3, 12),
})

const PHASE_FAULTS = [
  'loss-of-voltage',
  'undervoltage',
  'overvoltage',
  'loss-of-current',
  'overcurrent',
  'overload',
  'reverse-power',
  'phase-break',
] as const
export type PhaseFault = (typeof PHASE_FAULTS)[number]

/** Faults of one phase, from status word 4, 5 or 6. */
export const phaseFaultsOf = (word: number): PhaseFault[] => PHASE_FAULTS.filter((_, n) => bit(word, n))

const SUPPLY_FAULTS = [
  'voltage-reverse-sequence',
  'current-reverse-sequence',
  'voltage-unbalance',
  'current-unbalance',
  'auxiliary-supply-lost',
  'power-lost',
  'demand-exceeded',
  'power-factor-low',
  'current-severely-unbalanced',
] as const
export type SupplyFault = (typeof SUPPLY_FAULTS)[number]

/** Faults of the supply as a whole, from status word 7. */
export const supplyFaultsOf = (word7: number): SupplyFault[] => SUPPLY_FAULTS.filter((_, n) => bit(word7, n))

/** What status word 3 tells beside the relay that is not as it should be: nobody feeds the meter, or it may be rewritten. */
export const standingFaultsOf = ({ supply, programmingEnabled }: RelayStatus): string[] => [
  ...(supply === 'battery' ? ['on-battery'] : []),
  ...(programmingEnabled ? ['programming-enabled'] : []),
]

/** Faults of one phase by its letter: `b-undervoltage`. @param words 4, 5 and 6; `null`: the meter does not have it */
export const faultsOfPhases = (words: readonly (number | null)[]): string[] =>
  words.flatMap((word, i) => phaseFaultsOf(word ?? 0).map((fault) => `${'abc'[i]}-${fault}`))

/** Records of what happened to the meter: how often, to be compared with the last reading. Three bytes of BCD. */
export const EVENT_COUNTS = {
  powerLost: 0x03110000,
  coverOpened: 0x03300d00,
  terminalCoverOpened: 0x03300e00,
  allPhasesLost: 0x03050000,
} as const
