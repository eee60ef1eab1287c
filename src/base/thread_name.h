// Names that the machine shows of threads, so that whoever runs a role sees what its processor time goes to: top -H, ps -L.
#pragma once

#include <sys/prctl.h>

namespace idun {

// At most 15 letters. Threads that this one makes begin with the same name.
inline void name_this_thread(const char* name) { ::prctl(PR_SET_NAME, name); }

}  // namespace idun
