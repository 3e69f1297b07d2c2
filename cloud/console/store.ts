import { useEffect, useState } from './view.ts'

/** A value that parts of the page watch. */
export interface Store<T> {
  get(): T
  set(next: T): void
  /** Returns the function that ends the watch. */
  watch(watcher: () => void): () => void
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial
  const watchers = new Set<() => void>()
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return
      value = next
      for (const watcher of watchers) watcher()
    },
    watch(watcher) {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
  }
}

/** The store's value; draws the component again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(store.get)
  useEffect(() => {
    // It may have changed between the first drawing and this effect.
    const read = () => setValue(() => store.get())
    read()
    return store.watch(read)
  }, [store])
  return value
}
