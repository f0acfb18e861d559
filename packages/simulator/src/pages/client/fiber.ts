import { boot } from './boot.ts';

/** The part of a React fiber that readers of page state walk over. */
export type Fiber = {
  memoizedProps: Record<string, unknown>;
  return: Fiber | null;
  child: Fiber | null;
  sibling: Fiber | null;
};

function plain(memoizedProps: Record<string, unknown>): Fiber {
  return { memoizedProps, return: null, child: null, sibling: null };
}

function hook(node: Element, fiber: Fiber): void {
  Object.assign(node, { [boot.fiberKey]: fiber, [boot.propsKey]: { className: node.className } });
}

/**
 * Hangs a chain of fibers on an element: its own with DOM props, some wrappers, then one that has `props`, then more
 * wrappers up to a root. Parents point to children, so the objects are cyclic, as in React.
 */
export function attachFiber(
  node: Element,
  layers: readonly Record<string, unknown>[],
  minDepth: number,
  maxDepth: number,
): void {
  const own = plain({ className: node.className, children: null });
  let at = own;
  const climb = (props: Record<string, unknown>): void => {
    const parent = plain(props);
    parent.child = at;
    at.return = parent;
    at = parent;
  };
  for (const props of layers) {
    const depth = minDepth + Math.floor(Math.random() * (maxDepth - minDepth + 1));
    for (let i = 1; i < depth; i += 1) climb({ children: null });
    climb(props);
  }
  climb({ store: null });
  hook(node, own);
}
