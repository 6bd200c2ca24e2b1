# versitygw, an S3 server over a folder: buckets are the folders in $HERE_RUN/data, objects the files in them. The key is skeptest, its secret
# skeptest123. Needs Go.
fetch() { [ -x "$CACHE/versitygw" ] || GOBIN="$CACHE" go install github.com/versity/versitygw/cmd/versitygw@v1.8.0; }

start() {
  mkdir -p "$HERE_RUN/data/bucket"
  ROOT_ACCESS_KEY=skeptest ROOT_SECRET_KEY=skeptest123 \
    setsid "$CACHE/versitygw" --port "127.0.0.1:$1" --quiet posix "$HERE_RUN/data" > "$HERE_RUN/log" 2>&1 9>&- &
  PID=$!
}

ready() { port_open "$1"; }
