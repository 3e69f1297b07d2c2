/** chrony, through its own client. A child process of 2 ms each half minute or so costs less than a socket protocol. */
import { execFile } from 'node:child_process'
import type { Millis } from '@minewarden/protocol/time.ts'
import { readChronyTracking } from '../core/clock/chrony-tracking.ts'
import type { DaemonAnswer } from '../core/clock/daemon-answer.ts'
import type { TimeDaemon } from '../core/clock/time-daemon.ts'

/** chronyc waits a second for an answer, twice. */
const PATIENCE_MS = 3_000
const MAX_OUTPUT_BYTES = 4_096

export interface ChronyOptions {
  /** The program, by name or path. */
  readonly program: string
  /** Socket or address of chronyd; `null`: where chronyc looks by itself. */
  readonly address: string | null
}

/** @param wallMs the system clock that chronyd keeps */
export function createChronyDaemon({ program, address }: ChronyOptions, wallMs: () => Millis = Date.now): TimeDaemon {
  const call = [...(address === null ? [] : ['-h', address]), '-n', '-c', 'tracking']
  return {
    ask: (signal) =>
      new Promise((resolve) => {
        const options = { timeout: PATIENCE_MS, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES, signal } as const
        execFile(program, call, { ...options, env: { PATH: process.env.PATH, LC_ALL: 'C' } }, (error, output) => {
          resolve(error ? absent(error) : readChronyTracking(output, wallMs()))
        })
      }),
  }
}

const absent = (error: Error): DaemonAnswer => ({ kind: 'absent', reason: `chronyc: ${firstLine(error.message)}` })
const firstLine = (text: string): string => text.split('\n')[0]?.slice(0, 120) ?? ''
