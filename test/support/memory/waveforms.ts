import { randomUUID } from 'node:crypto'
import type { Stretch, WaveformAnswer, WaveformsService } from '../../../cloud/core/waveforms.ts'
import { CloudError } from '../../../cloud/errors.ts'

/** Waveforms that a test answers by hand. */
export function createMemoryWaveforms(): WaveformsService & {
  offline: boolean
  readonly asked: { readonly request: string; readonly stretch: Stretch; readonly by: string }[]
  readonly answers: Map<string, WaveformAnswer>
} {
  return {
    offline: false,
    asked: [],
    answers: new Map(),
    ask(stretch, by) {
      if (this.offline) throw new CloudError('gateway-offline', `${stretch.gateway} is not connected`)
      const request = randomUUID()
      this.asked.push({ request, stretch, by })
      this.answers.set(request, { parts: [], expected: null })
      return request
    },
    answer(request) {
      return this.answers.get(request) ?? null
    },
  }
}
