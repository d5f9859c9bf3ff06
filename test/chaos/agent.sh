#!/bin/sh
# The agent of the chaos run: as slow, broken and messy as real ones. Usage: agent.sh plain|stream [KIND TICKS]
# Without KIND the words come on stdin. Every step is a line of $CHAOS_JOURNAL: `JOB ATTEMPT PID WORD`.
format=$1
shift
[ $# -eq 0 ] && set -- $(cat)
kind=$1 ticks=$2
note() { printf '%s %s %s %s\n' "$DROVER_JOB" "$DROVER_ATTEMPT" "$$" "$1" >>"$CHAOS_JOURNAL"; }
tell() {
  [ "$format" = stream ] || return 0
  printf '{"type":"assistant","message":{"id":"m%s","role":"assistant","model":"mock","content":[{"type":"text","text":"step %s"}]},"session_id":"s"}\n' "$1" "$1"
}
result() {
  text="done $DROVER_JOB $DROVER_ATTEMPT"
  if [ "$format" = plain ]; then
    echo "$text"
    return
  fi
  printf '{"type":"result","subtype":"success","is_error":false,"num_turns":1,"duration_api_ms":5,"result":"%s","session_id":"s","total_cost_usd":0.001,"usage":{"input_tokens":10,"output_tokens":5}}\n' "$text"
}
first() { [ "$DROVER_ATTEMPT" = 1 ]; }

note start
[ "$format" = stream ] && printf '{"type":"system","subtype":"init","session_id":"s","model":"mock","cwd":"/"}\n'
case $kind in
fork)
  # Children that cut their ties: a session of their own, deaf to TERM, parent gone.
  (setsid sh -c 'trap "" TERM; while :; do printf "%s %s %s child\n" "$DROVER_JOB" "$DROVER_ATTEMPT" "$$" >>"$CHAOS_JOURNAL"; sleep 0.3; done' &)
  sh -c 'while :; do sleep 0.5; done' &
  ;;
loud) head -c 300000 /dev/zero | tr '\0' x ;;
esac
[ "$kind" = loud ] && echo
i=0
while [ "$i" -lt "$ticks" ]; do
  note tick
  tell "$i"
  sleep 0.1
  i=$((i + 1))
done
note end
case $kind in
crash) first && kill -KILL $$ ;;
half) first && printf '{"type":"result","subty' && exit 0 ;;
fail) exit 3 ;;
esac
result
[ "$kind" = hang ] && sleep 1000
exit 0
