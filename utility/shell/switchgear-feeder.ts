import { HardwareError } from '@minewarden/hardware/errors.ts'
import type { FeederClient } from '@minewarden/hardware/feeder/client.ts'
import type { Clock } from '@minewarden/protocol/time.ts'
import { instant } from '@minewarden/protocol/time.ts'
import type { Operation, Switchgear } from '../core/ports.ts'

/** Refusals that another attempt may not meet: somebody else holds the selection, ours lapsed, a disk was full. */
const PASSING = ['selected-by-other', 'not-selected', 'not-stored']

/** Feeders of the simulator as the company's switchgear. */
export function createSwitchgear(feeders: FeederClient, clock: Clock): Switchgear {
  const readBack = async (feeder: string, movedAt: number): Promise<Operation> => {
    const { position } = await feeders.read(feeder)
    if (position === 'open') return { kind: 'open', movedAt: instant(movedAt), readAt: clock.now() }
    return { kind: 'failed', detail: `${feeder} was operated and reads back ${position}` }
  }
  return {
    async open(feeder, reference, { mayOperate, before }) {
      const command = { feeder, action: 'open', reference } as const
      try {
        await feeders.select(command)
        if (!mayOperate()) {
          await feeders.cancel(command)
          return { kind: 'failed', detail: 'the time ran out before the switch was told to move' }
        }
        const { operatedAt } = await feeders.operate(command, before)
        return await readBack(feeder, operatedAt)
      } catch (error) {
        return judge(error)
      }
    },
    async wasOpened(feeder, reference) {
      try {
        const state = await feeders.read(feeder)
        if (state.position === 'open' && state.reference === reference) {
          return { kind: 'open', movedAt: instant(state.changedAt ?? clock.now()), readAt: clock.now() }
        }
        return { kind: 'failed', detail: `${feeder} was not opened under this order` }
      } catch (error) {
        return judge(error)
      }
    },
  }
}

function judge(error: unknown): Operation {
  if (!(error instanceof HardwareError)) throw error
  const passing = error.code === 'feeder-unreachable' || PASSING.some((refusal) => error.message.startsWith(refusal))
  return { kind: passing ? 'unknown' : 'failed', detail: error.message.slice(0, 400) }
}
