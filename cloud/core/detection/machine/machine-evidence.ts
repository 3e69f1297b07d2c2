/**
 * The machines that one geophone hears, from the lines that its gateway tracks: which run now, what each is likely to
 * be, and which have always been there (industry far away, the grid's hum) and so say nothing of this site.
 */
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { pushBounded } from '../evidence.ts'
import { lineOf, type MachineLine } from './line.ts'
import { createLineHabits, type LineHabits, learnLine, lineNovelty } from './line-habits.ts'
import { isEngineSpeed, type NamedSource, nameSource } from './source-name.ts'

/** Plain JSON, one for each geophone; bounded by the ceilings below. */
export interface MachineState {
  /** Lines that run, the oldest first. */
  lines: MachineLine[]
  /** Lines that have ended within the last hours. */
  ended: MachineLine[]
  habits: LineHabits
}

/** A source that runs, with what is likely of it. */
export interface RunningSource extends NamedSource {
  readonly line: MachineLine
  /** 0: always there at this hour; 1: never heard here before. */
  readonly novelty: number
}

export interface MachineStep {
  /** Seconds that the line has run on since it was last told. */
  readonly seconds: number
  readonly source: RunningSource
  readonly began: boolean
}

/** A gateway tracks twelve at a time. */
const MOST_LINES = 16
const MOST_ENDED = 48
/** A line of which nothing was told for so long has ended with its gateway. */
const SILENT_MS = 120_000
const KEPT_MS = 3 * 3_600_000

/** @param listeningSinceMs time of the first window of the geophone: what runs from then on may always have run */
export const createMachineState = (listeningSinceMs = 0): MachineState => ({
  lines: [],
  ended: [],
  habits: createLineHabits(listeningSinceMs),
})

/** Takes in what was told of one line. @returns `null` for a reading without its essentials */
export function stepMachine(state: MachineState, reading: ReadingOf<'machineLine'>): MachineStep | null {
  const heard = hearLine(state, reading)
  return heard && named(state, heard)
}

/** The same where only engines are asked for. @returns `null` for a line that is none's, too: naming is dear */
export function stepEngine(state: MachineState, reading: ReadingOf<'machineLine'>): MachineStep | null {
  const heard = hearLine(state, reading)
  return heard && heard.line.form === 'tone' && isEngineSpeed(heard.line.hz) ? named(state, heard) : null
}

interface HeardLine extends Omit<MachineStep, 'source'> {
  readonly line: MachineLine
  readonly novelty: number
}

const named = ({ lines }: MachineState, { line, novelty, seconds, began }: HeardLine): MachineStep => ({
  seconds,
  source: { ...nameSource(line, lines), line, novelty },
  began,
})

function hearLine(state: MachineState, reading: ReadingOf<'machineLine'>): HeardLine | null {
  const line = lineOf(reading)
  if (!line) return null
  closeSilent(state, reading.measuredAt)
  const before = state.lines.find((known) => known.id === line.id && known.sinceMs === line.sinceMs)
  const novelty = lineNovelty(state.habits, line)
  learnLine(state.habits, line, before?.heardMs ?? line.sinceMs)
  if (before) state.lines.splice(state.lines.indexOf(before), 1)
  if (line.ended) pushBounded(state.ended, line, MOST_ENDED)
  else pushBounded(state.lines, line, MOST_LINES)
  const seconds = Math.max(0, line.heardMs - (before?.heardMs ?? line.sinceMs)) / 1000
  return { seconds, line, novelty, began: before === undefined }
}

function closeSilent(state: MachineState, nowMs: number): void {
  const isSilent = (known: MachineLine) => nowMs - known.toldMs > SILENT_MS
  const isOld = (known: MachineLine) => nowMs - known.heardMs > KEPT_MS
  let oldestMs = nowMs
  for (const { heardMs } of state.ended) if (heardMs < oldestMs) oldestMs = heardMs
  if (state.lines.some(isSilent)) {
    for (const line of state.lines.filter(isSilent)) pushBounded(state.ended, { ...line, ended: true }, MOST_ENDED)
    state.lines = state.lines.filter((known) => !isSilent(known))
  }
  if (nowMs - oldestMs > KEPT_MS) state.ended = state.ended.filter((known) => !isOld(known))
}

/** What runs at a moment, the surest first; multiples of a lower line are left out, they are the same machine. */
export function runningSources(state: MachineState, nowMs: number): RunningSource[] {
  return state.lines
    .filter((line) => nowMs - line.toldMs <= SILENT_MS && line.order < 2)
    .map((line) => ({ ...nameSource(line, state.lines), line, novelty: lineNovelty(state.habits, line) }))
    .sort((a, b) => b.confidence * b.novelty - a.confidence * a.novelty)
}
