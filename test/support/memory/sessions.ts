import { UserId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import type { Sessions, User } from '../../../cloud/core/ports.ts'

const user = (id: string, name: string, department: string, role: User['role']): User => ({
  id: UserId.parse(id),
  name,
  department,
  role,
})

/** Three offices of one county. */
export const USERS = {
  officer: user('officer-1', '监测中心值班员', '县矿山监测中心', 'officer'),
  colleague: user('officer-2', '监测中心带班员', '县矿山监测中心', 'officer'),
  head: user('head-1', '局值班负责人', '县应急管理局', 'head'),
  viewer: user('viewer-1', '乡镇协管员', '石塘镇人民政府', 'viewer'),
}

/** Sessions in a map: each token signs in once. `tokenFor` makes one. */
export function createMemorySessions(): Sessions & { tokenFor(user: User): string } {
  const tokens = new Map<string, User>()
  const sessions = new Map<string, User>()
  let count = 0
  return {
    tokenFor(user) {
      count += 1
      const token = `token-${user.id}-${count}`.padEnd(32, '0')
      tokens.set(token, user)
      return token
    },
    async redeem(token) {
      const user = tokens.get(token)
      if (!user) return null
      tokens.delete(token)
      const secret = `secret-of-${token}`
      sessions.set(secret, user)
      return { secret, user, expiresAt: instant(Date.now() + 8 * 3_600_000) }
    },
    userOf: async (secret) => sessions.get(secret) ?? null,
    async end(secret) {
      sessions.delete(secret)
    },
  }
}
