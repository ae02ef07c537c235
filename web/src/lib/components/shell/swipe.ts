// Tells swipes to the side from scrolling: far enough, and more across than down.
import type { Attachment } from 'svelte/attachments';

interface Swipes {
  left?: () => void;
  right?: () => void;
  /** Only swipes that begin this near to the left edge count, in pixels. */
  fromEdge?: number;
}

const FAR = 56;

export function follow(swipes: Swipes): Attachment<HTMLElement> {
  return (element) => {
    let start: { x: number; y: number } | null = null;
    const begin = (event: TouchEvent) => {
      const touch = event.touches.length === 1 ? event.touches[0] : undefined;
      const near = touch && touch.clientX <= (swipes.fromEdge ?? Infinity);
      start = near ? { x: touch.clientX, y: touch.clientY } : null;
    };
    const end = (event: TouchEvent) => {
      const touch = event.changedTouches[0];
      if (!start || !touch) return;
      const across = touch.clientX - start.x;
      const down = touch.clientY - start.y;
      start = null;
      if (Math.abs(across) < FAR || Math.abs(across) < 2 * Math.abs(down)) return;
      (across < 0 ? swipes.left : swipes.right)?.();
    };
    element.addEventListener('touchstart', begin, { passive: true });
    element.addEventListener('touchend', end, { passive: true });
    return () => {
      element.removeEventListener('touchstart', begin);
      element.removeEventListener('touchend', end);
    };
  };
}
