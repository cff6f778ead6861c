/** Where one head looks, as a picture that scrolls where it is wide. */
import type { ComponentChildren, JSX } from 'preact';
import type { layoutHead } from '../../draw/picture/head-layout.ts';
import { Scroll } from './scroll.tsx';

export interface HeadPictureProps {
  /** The head, in words. */
  readonly label: string;
  readonly layout: ReturnType<typeof layoutHead>;
  /** The head's box. */
  readonly children: ComponentChildren;
}

export function HeadPicture({ label, layout, children }: HeadPictureProps): JSX.Element {
  return (
    <Scroll label="where the head looks">
      <svg
        class="raspc-picture"
        width={layout.width}
        height={layout.height}
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        role="img"
        aria-label={`attention of ${label}: ${layout.title}`}
      >
        {children}
      </svg>
    </Scroll>
  );
}
