import { randomUUID } from 'node:crypto'
import { instant } from '@minewarden/protocol/time.ts'
import type { AuditFact } from '../../../cloud/core/audit.ts'
import { createPictures } from '../../../cloud/core/pictures.ts'
import { silentLogger } from '../../../cloud/shell/logger.ts'
import { openProbesFile } from '../../../cloud/shell/probes-sqlite.ts'

interface Command {
  readonly gateway: string
  readonly sensor: string
  readonly request: string
}

/** Pictures whose gateway a test plays; everything that happens stands in `story`, in its order. */
export function createMemoryPictures() {
  const story: (['audit', AuditFact] | ['command' | 'relearn', Command])[] = []
  const store = openProbesFile(':memory:')
  const world = { isOnline: true, givesPictures: true }
  const service = createPictures({
    store,
    audit: async (fact) => void story.push(['audit', fact]),
    isOnline: () => world.isOnline,
    givesPictures: () => world.givesPictures,
    command: (gateway, sensor, request) => void story.push(['command', { gateway, sensor, request }]),
    learnsScene: () => world.givesPictures,
    commandRelearning: (gateway, sensor, request) => void story.push(['relearn', { gateway, sensor, request }]),
    newId: randomUUID,
    clock: { now: () => instant(Date.now()) },
    logger: silentLogger,
  })
  return { ...service, story, store, world }
}
