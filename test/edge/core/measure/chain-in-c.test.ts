import { describe, expect, it } from 'vitest'
import { withPeer } from '../../../../bench/edge-chain.ts'
import { requires } from '../../../support/requires.ts'

describe.runIf(requires('gcc'))('the waveform chain', () => {
  it('tells the same windows and segments as its arithmetic written in C', { timeout: 30_000 }, () => {
    const kinds = withPeer(({ peer, told }) => (peer ? told.map(([kind]) => kind) : []))
    expect(kinds.filter((kind) => kind === 'window')).toHaveLength(3 * 80)
    expect(kinds.filter((kind) => kind === 'segment').length).toBeGreaterThan(4)
  })
})
