/**
 * Moves records on disk in time. What is to be done is written down first and each file is made anew beside the old one,
 * so that a crash at any moment leaves work that the next start finishes: nothing is moved twice, nothing is lost.
 */
import { join } from 'node:path'
import { CLOCK_QUALITIES } from '@minewarden/protocol/time.ts'
import { type Restamp, restamped } from './ring-channel.ts'
import type { RingDisk } from './ring-disk.ts'
import { cutRecords } from './ring-record.ts'

/** One file's way, as paths below the ring's folder. */
export interface Move {
  readonly from: string
  readonly to: string
}
export interface RestampPlan extends Restamp {
  readonly moves: readonly Move[]
}

const planPath = (dir: string) => join(dir, 'restamp.json')

export async function writePlan(disk: RingDisk, dir: string, plan: RestampPlan): Promise<void> {
  await disk.replace(planPath(dir), new TextEncoder().encode(JSON.stringify(plan)))
}

/** The work that a crash has left; `null`: none, or nothing that can be read. */
export async function readPlan(disk: RingDisk, dir: string): Promise<RestampPlan | null> {
  const bytes = await disk.read(planPath(dir))
  if (bytes === null) return null
  try {
    const plan = JSON.parse(new TextDecoder().decode(bytes)) as RestampPlan
    return isPlan(plan) ? plan : null
  } catch {
    return null
  }
}

/** Carries out what is left of a plan; `moved` is told of each file once it is in place. */
export async function finishPlan(
  disk: RingDisk,
  dir: string,
  plan: RestampPlan,
  moved: (move: Move, bytes: number) => void,
): Promise<void> {
  for (const move of plan.moves) {
    const old = await disk.read(join(dir, move.from))
    if (old === null) continue
    const records = cutRecords(old).map((record) => restamped(record, plan))
    await disk.replace(join(dir, move.to), Buffer.concat(records.map(({ bytes }) => bytes)))
    await disk.remove(join(dir, move.from))
    moved(
      move,
      records.reduce((sum, { bytes }) => sum + bytes.length, 0),
    )
  }
  await disk.remove(planPath(dir))
}

const isPath = (value: unknown): boolean => typeof value === 'string' && !value.split('/').includes('..')

const isPlan = ({ sinceMs, byMs, quality, moves }: RestampPlan): boolean =>
  Number.isFinite(sinceMs) &&
  Number.isFinite(byMs) &&
  CLOCK_QUALITIES.includes(quality) &&
  Array.isArray(moves) &&
  moves.every(({ from, to }: Move) => isPath(from) && isPath(to))
