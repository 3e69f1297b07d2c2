/**
 * The rates as tables that the filter walks through: for each kind of moment the probabilities of change over 1, 2, 4,
 * ... seconds, and for each kind of evidence the log-likelihood of one unit of it in each hidden state.
 */
import { HIDDEN_STATES, type HiddenState, MOMENTS, type Moment, momentAt, STATES } from './hidden-state.ts'
import { multiply, transitionAfter } from './matrix.ts'
import { EVIDENCE_KINDS, type EvidenceKind, type FilterRates, type Rates, rateAt } from './rates.ts'

/** 2^17 s, a day and a half: whoever knows nothing for longer knows no more. */
export const STEPS = 18

export interface FilterModel {
  /** [moment][step][from][to]: probability of change over 2^step seconds. */
  readonly transitions: Float64Array
  /** [moment][kind][state]: natural logarithms, the largest of each row 0. */
  readonly likelihoods: Float64Array
  /** [moment][state]: what is believed of a site of which nothing is known. */
  readonly priors: Float64Array
}

export function compileModel(rates: FilterRates): FilterModel {
  const square = STATES * STATES
  const transitions = new Float64Array(MOMENTS * STEPS * square)
  const likelihoods = new Float64Array(MOMENTS * EVIDENCE_KINDS.length * STATES)
  const priors = new Float64Array(MOMENTS * STATES)
  for (let m = 0; m < MOMENTS; m++) {
    const moment = momentAt(m)
    let over = transitionAfter(changesAt(rates, moment), 1 / 3600, STATES)
    for (let step = 0; step < STEPS; step++) {
      transitions.set(over, (m * STEPS + step) * square)
      over = multiply(over, over, STATES)
    }
    // Over two days and more each row is the same: the stationary distribution.
    priors.set(over.subarray(0, STATES), m * STATES)
    EVIDENCE_KINDS.forEach((kind, k) => {
      likelihoods.set(logRow(rates, kind, moment), (m * EVIDENCE_KINDS.length + k) * STATES)
    })
  }
  return { transitions, likelihoods, priors }
}

/** Rates of change per hour, [from][to], rows adding up to 0. */
function changesAt({ changes: c }: FilterRates, { hours, covered, risk }: Moment): Float64Array {
  const at = (rate: Parameters<typeof rateAt>[0]) => rateAt(rate, hours)
  const factor = c.riskFactor ** risk
  const grid = at(c.gridBegins) * factor
  const unmetered = at(c.unmeteredBegins) * factor
  const abuse = covered ? at(c.abuseBegins) * factor : grid
  const table: { readonly [S in HiddenState]: { readonly [T in HiddenState]?: number } } = {
    quiet: {
      lawful: at(covered ? c.lawfulBeginsCovered : c.lawfulBegins),
      outside: at(c.outsideBegins),
      preparing: at(c.preparingBegins) * factor,
      grid: covered ? abuse : grid,
      unmetered,
    },
    lawful: { quiet: covered ? c.lawfulEndsCovered : c.lawfulEnds, grid: abuse, unmetered },
    outside: { quiet: c.outsideEnds, preparing: at(c.preparingBegins) * factor, grid, unmetered },
    preparing: { quiet: c.preparingEnds, grid: c.preparedToGrid, unmetered: c.preparedToUnmetered },
    grid: { quiet: c.miningEnds, unmetered: 0.05 },
    unmetered: { quiet: c.miningEnds, grid: 0.05 },
  }
  const matrix = new Float64Array(STATES * STATES)
  HIDDEN_STATES.forEach((from, i) => {
    HIDDEN_STATES.forEach((to, j) => {
      const rate = table[from][to] ?? 0
      matrix[i * STATES + j] = matrix[i * STATES + j]! + rate
      matrix[i * STATES + i] = matrix[i * STATES + i]! - rate
    })
  })
  return matrix
}

function logRow(rates: FilterRates, kind: EvidenceKind, moment: Moment): number[] {
  const of = (table: Rates) =>
    HIDDEN_STATES.map((state) =>
      rateAt(state === 'lawful' && moment.covered ? table.covered : table[state], moment.hours),
    )
  const { evidence, absence } = rates
  const logs =
    kind === 'machineAbsent'
      ? of(evidence.machine).map((rate) => -rate * absence.machine)
      : kind === 'loadAbsent'
        ? loadRates(of, evidence).map((rate) => -rate * absence.load)
        : of(evidence[kind]).map((rate) => Math.log(rate))
  const largest = Math.max(...logs)
  return logs.map((log) => log - largest)
}

/** Loads of any size. */
function loadRates(of: (table: Rates) => number[], evidence: FilterRates['evidence']): number[] {
  const sizes = [of(evidence.loadSmall), of(evidence.loadMedium), of(evidence.loadLarge), of(evidence.loadHuge)]
  return sizes[0]!.map((_, i) => sizes.reduce((sum, size) => sum + size[i]!, 0))
}

const models = new WeakMap<FilterRates, FilterModel>()
/** The tables of a set of rates, compiled once. */
export function modelOf(rates: FilterRates): FilterModel {
  const known = models.get(rates) ?? compileModel(rates)
  models.set(rates, known)
  return known
}
