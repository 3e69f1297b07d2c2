/**
 * Which daemon keeps this machine's clock. The kernel's own word (`adjtimex`) would tell for every daemon, but cannot be
 * reached from Node: other daemons than chrony and timesyncd are not seen.
 */
import type { TimeDaemon } from '../core/clock/time-daemon.ts'
import { type ChronyOptions, createChronyDaemon } from './time-daemon-chrony.ts'
import { createTimesyncd } from './time-daemon-timesyncd.ts'

export interface TimeDaemonOptions extends ChronyOptions {
  readonly source: 'auto' | 'chrony' | 'timesyncd' | 'none'
}

export function createTimeDaemon({ source, ...chrony }: TimeDaemonOptions): TimeDaemon {
  switch (source) {
    case 'chrony':
      return createChronyDaemon(chrony)
    case 'timesyncd':
      return createTimesyncd()
    case 'none':
      return { ask: async () => ({ kind: 'absent', reason: 'none is configured' }) }
    case 'auto':
      return firstOf([createChronyDaemon(chrony), createTimesyncd()])
  }
}

/** The first that is there; both may be installed, and one of them runs. */
export function firstOf(daemons: readonly TimeDaemon[]): TimeDaemon {
  return {
    async ask(signal) {
      const reasons: string[] = []
      for (const daemon of daemons) {
        const answer = await daemon.ask(signal)
        if (answer.kind !== 'absent') return answer
        reasons.push(answer.reason)
      }
      return { kind: 'absent', reason: reasons.join('; ') }
    },
  }
}
