#ifndef FRAMES_H
#define FRAMES_H

// A peer whose packets are sealed well, and hold what no peer may send: the only way past the seal to what reads frames.

/// Of each packet that is sealed from now on, how likely it is that its frames are others. 0: never.
void frames_spoil(unsigned int percent);

#endif
