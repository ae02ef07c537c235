// A box that scrolls sideways takes the keyboard's focus, but only while there is something to scroll to.

export function scrollable(element: HTMLElement): () => void {
  const observer = new ResizeObserver(() => {
    if (element.scrollWidth > element.clientWidth + 1) element.tabIndex = 0;
    else element.removeAttribute('tabindex');
  });
  observer.observe(element);
  if (element.firstElementChild !== null) observer.observe(element.firstElementChild);
  return () => observer.disconnect();
}
