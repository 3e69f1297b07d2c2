import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import { type Instant, instant, type Millis } from '@minewarden/protocol/time.ts'
import { z } from 'zod'
import { SEQUENCES } from './sequence.ts'
import type { ResumePoint } from './station-feed.ts'

const FORMAT = 'minewarden-seedlink/1'
/** A file of more stations than a configuration can name is not ours. */
const MAX_ENTRIES = 64
/** Times from here on are believed; before it no gateway ran. */
const EARLIEST = Date.UTC(2020, 0, 1)
/** An instrument's clock may be so far ahead of ours. */
const AHEAD_MS: Millis = 60_000

const key = z.string().max(128)
const Content = z.strictObject({
  format: z.literal(FORMAT),
  stations: z
    .record(
      key,
      z.strictObject({
        sequence: z
          .number()
          .int()
          .min(0)
          .max(SEQUENCES - 1)
          .nullable(),
        reachedAt: z.record(key, z.number()),
      }),
    )
    .refine((stations) => Object.keys(stations).length <= MAX_ENTRIES, `at most ${MAX_ENTRIES} stations`),
})

/** Positions by station and sensor, `AM.R1234/geo-1`. */
export type ResumePoints = Readonly<Record<string, ResumePoint>>

/** What a file held; `problem`: it was there but could not be used. */
export interface Remembered {
  readonly points: ResumePoints
  readonly problem: string | null
}

/**
 * Reads the positions that a gateway had reached. A file that is damaged is no reason not to measure: the stations begin
 * with what comes next. Never throws.
 * @param now what is reached beyond it was written by a wrong clock; `null`: our own clock is not known to be right
 */
export function loadResumePoints(path: string, now: Instant | null): Remembered {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return { points: {}, problem: absent ? null : `${path}: ${(error as Error).message}` }
  }
  const content = check(Content, parseJson(text))
  if (!content.ok) return { points: {}, problem: `${path}: ${describeProblems(content.problems).slice(0, 200)}` }
  const points: Record<string, ResumePoint> = {}
  for (const [station, { sequence, reachedAt }] of Object.entries(content.value.stations)) {
    const sane = Object.entries(reachedAt).filter(([, at]) => at >= EARLIEST && (now === null || at <= now + AHEAD_MS))
    points[station] = { sequence, reachedAt: Object.fromEntries(sane.map(([code, at]) => [code, instant(at)])) }
  }
  return { points, problem: null }
}

/**
 * Replaces the file as a whole; it is on the disk when this returns. In one go, so that the last one, written while the
 * gateway stops, cannot be overtaken by one before it.
 * @throws what the file system throws
 */
export function saveResumePoints(path: string, stations: ResumePoints): void {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.new`
  const file = openSync(temporary, 'w')
  try {
    writeSync(file, `${JSON.stringify({ format: FORMAT, stations })}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
