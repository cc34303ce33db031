"""
Superframes: up to 64 KiB of one TCP or UDP flow that the kernel hands over, and takes back, in one piece.

A tap with offloads (L{wand.superframes.virtio}) gives frames too long for any network behind one set of
headers; a network card would cut them.  We cut them ourselves, into pieces that fit the path, and the
receiver joins the pieces to one long frame again: one system call and one pass through the IP stack for some forty
datagrams.

The modules in the order of a packet's path:

  1. L{virtio <wand.superframes.virtio>}: the header that stands before each frame of such a tap.
  2. L{shape <wand.superframes.shape>}: where the headers of a frame begin and end.
  3. L{merging <wand.superframes.merging>}: small packets of one flow become a superframe.
  4. L{cutting <wand.superframes.cutting>}: a superframe becomes chunks, one per datagram.
  5. L{parity <wand.superframes.parity>}: recovers lost chunks, where many are lost.
  6. L{slots <wand.underlay.slots>}: where the receiver opens datagrams, side by side.
  7. L{assembling <wand.superframes.assembling>}: consecutive chunks become stretches.
  8. L{stretch <wand.superframes.stretch>}: a stretch of a superframe becomes a frame for a tap with offloads, or
     ordinary frames for one without.
  9. L{gathering <wand.superframes.gathering>}: for a protocol whose datagrams are ordinary frames, segments become a
     stretch.
  10. L{fragments <wand.superframes.fragments>}: carry other frames that are too big for the path.

TCP and UDP, IPv4 and IPv6 differ in a few lines of C{shape} and C{stretch} and nowhere else.  Nothing here does input
or output, and nothing that a peer sends raises: it is dropped and counted.
"""
