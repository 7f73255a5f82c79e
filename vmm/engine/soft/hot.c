/* hot.c: which ops get a fast twin. */
#include "hot.h"

void soft_specialise(struct op *o) {
    if (o->flags & OP_LOCK) return;
    op_fn *twin = hot_alu(o);
    if (!twin) twin = hot_move(o);
    if (!twin) twin = hot_flow(o);
    if (twin) o->fn = twin;
}
