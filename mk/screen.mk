# The screen's tests drive the real program in a pseudo-terminal (tests/screen), and the README's pictures are made from
# its cells. `make test-screen`, `make screenshots`.
SCREEN_TESTS := $(patsubst %.c,$B/%,$(sort $(wildcard tests/screen/test_*.c)))
SCREEN_HELP  := $B/tests/screen/vt.o $B/tests/screen/screen_test.o $B/tests/screen/seam.o
TEST_TARGETS += test-screen

$(SCREEN_TESTS): %: %.o $(SCREEN_HELP)
	@echo "  LINK $@"
	$Q$(CC) $(LDFLAGS) -o $@ $< $(SCREEN_HELP) -lvterm -lutil -lcmocka

.PHONY: test-screen screen-bins screenshots
screen-bins: $(SCREEN_TESTS) $(SEAMS)
test-screen: all $(SCREEN_TESTS) $(SEAMS) $B/tests/screen/shoot
	@sh tests/unit/run.sh $B $(SCREEN_TESTS)
	@sh tests/screen/tmux.sh $B
	@VMLAB_BUILD=$B sh tests/screen/pictures.sh $B/tests/screen/shoot $B/pictures

-include $(SCREEN_TESTS:=.d) $(SCREEN_HELP:.o=.d)

# The pictures of README.md and docs/: the real screen's cells; test-screen compares. Look at them, then commit them.
$B/tests/screen/shoot: $B/tests/screen/shoot.o $B/tests/screen/vt.o
	$Q$(CC) $(LDFLAGS) -o $@ $^ -lvterm -lutil
screenshots: all $B/tests/screen/shoot
	@mkdir -p docs/pictures
	@VMLAB_BUILD=$B $B/tests/screen/shoot docs/pictures
	@awk '/^<!-- screen/ { print; print "```"; while ((getline line <"docs/pictures/screen.txt") > 0) print line; print "```"; skip = 1 } \
	    /^<!-- end/ { skip = 0 } !skip' README.md >$B/README.md && cp $B/README.md README.md
