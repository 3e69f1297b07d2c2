import type { StandingService } from '../../../cloud/core/orders/standing-port.ts'
import type { ProofsService } from '../../../cloud/core/proofs-port.ts'
import { CloudError } from '../../../cloud/errors.ts'

const absent = async (): Promise<never> => {
  throw new CloudError('not-found', 'not in this test')
}

/** Sessions are proof enough, and nothing can be set up. */
export const createMemoryProofs = (): ProofsService => ({
  accepted: ['link'],
  ofPerson: async () => ({ accepted: ['link'], passkeys: [], totp: null }),
  question: async () => ({ accepted: ['link'], usable: ['link'], passkey: null }),
  prove: async () => ({ kind: 'link' }),
  holds: async () => true,
  beginPasskey: absent,
  addPasskey: absent,
  revokePasskey: absent,
  beginTotp: absent,
  confirmTotp: absent,
  revokeTotp: absent,
})

/** No standing authorisation. */
export const createMemoryStandings = (): StandingService => ({
  list: () => [],
  get: () => null,
  propose: absent,
  question: absent,
  approve: absent,
  revoke: absent,
})
