import { HardwareError } from '@minewarden/hardware/errors.ts'
import type { FeederClient } from '@minewarden/hardware/feeder/client.ts'
import type { FeederState } from '@minewarden/hardware/feeder/messages.ts'
import type { Clock } from '@minewarden/protocol/time.ts'
import { instant } from '@minewarden/protocol/time.ts'
import type { Operation, SwitchAction, Switchgear } from '../core/ports.ts'

/** Refusals that another attempt may not meet: somebody else holds the selection, ours lapsed, a disk was full. */
const PASSING = ['selected-by-other', 'not-selected', 'not-stored']

/** Feeders of the simulator as the company's switchgear. */
export function createSwitchgear(feeders: FeederClient, clock: Clock): Switchgear {
  const readBack = async (feeder: string, action: SwitchAction, movedAt: number): Promise<Operation> => {
    const position = positionOf(await feeders.read(feeder))
    if (isDone(action, position)) return { kind: 'done', position, movedAt: instant(movedAt), readAt: clock.now() }
    return { kind: 'failed', detail: `${feeder} was operated and reads back ${position}` }
  }
  return {
    async operate(feeder, action, reference, { mayOperate, before }) {
      const command = { feeder, action, reference } as const
      try {
        await feeders.select(command)
        if (!mayOperate()) {
          await feeders.cancel(command)
          return { kind: 'missed', detail: 'the time ran out before the switch was told to move' }
        }
        const { operatedAt } = await feeders.operate(command, before)
        return await readBack(feeder, action, operatedAt)
      } catch (error) {
        return judge(error)
      }
    },
    async wasOperated(feeder, action, reference) {
      try {
        const state = await feeders.read(feeder)
        const position = positionOf(state)
        if (isDone(action, position) && state.reference === reference) {
          return { kind: 'done', position, movedAt: instant(state.changedAt ?? clock.now()), readAt: clock.now() }
        }
        return { kind: 'missed', detail: `${feeder} was not operated under this order` }
      } catch (error) {
        return judge(error)
      }
    },
  }
}

const positionOf = ({ position, closePermitted }: FeederState) =>
  position === 'open' && closePermitted ? 'close-permitted' : position

/** A switch that a person has closed since is one that was permitted to close. */
const isDone = (action: SwitchAction, position: ReturnType<typeof positionOf>): boolean =>
  action === 'open' ? position === 'open' : position !== 'open'

function judge(error: unknown): Operation {
  if (!(error instanceof HardwareError)) throw error
  if (error.message.startsWith('too-late')) return { kind: 'missed', detail: error.message.slice(0, 400) }
  const passing = error.code === 'feeder-unreachable' || PASSING.some((refusal) => error.message.startsWith(refusal))
  return { kind: passing ? 'unknown' : 'failed', detail: error.message.slice(0, 400) }
}
