namespace Tarn.Pipelines;

/// <summary>
/// Who holds which slots: of pools, of tasks that limit their own concurrency, of pipelines that do. A request takes all of its slots at once or none; among those that wait, the
/// greater priority goes first, then the earlier. A request that does not fit keeps later ones from the slots it waits for, so that none starves.
/// </summary>
internal sealed class SlotBook
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Counter> _counters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private long _order;

    /// <summary>Asks for slots: true where they are had at once; else <paramref name="granted"/> is called when they are.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="granted">Called outside of all locks of the book, once.</param>
    public bool Acquire(SlotRequest request, Action granted)
    {
        List<SlotRequest> all = [];
        lock (_gate)
        {
            var line = LineOf(request);
            request.Line = line;
            request.Granted = granted;
            request.Order = _order++;
            if (!line.IsContested && line.Fits())
            {
                line.Take();
                request.State = SlotState.Held;
                return true;
            }

            line.Enqueue(request);
            if (line.Head() == request)
            {
                Grant(line, all);
            }
        }

        var now = all.Remove(request);
        all.ForEach(static r => r.Granted!());
        return now;
    }

    /// <summary>Takes slots that are in use already, whether they are free or not: those of an attempt that outlived the node that led its run.</summary>
    public void Seize(SlotRequest request)
    {
        lock (_gate)
        {
            request.Line = LineOf(request);
            request.Line.Take();
            request.State = SlotState.Held;
        }
    }

    /// <summary>Gives slots back, or takes a request back that still waits; either once.</summary>
    public void Release(SlotRequest request)
    {
        List<SlotRequest> granted = [];
        lock (_gate)
        {
            if (request.State == SlotState.Held)
            {
                request.Line!.Give();
            }

            if (request.State == SlotState.Released)
            {
                return;
            }

            request.State = SlotState.Released;
            if (!request.Line!.IsContested)
            {
                return;
            }

            Grant(request.Line!, granted);
        }

        granted.ForEach(static r => r.Granted!());
    }

    /// <summary>
    /// Grants what fits where a line's slots or requests changed. Lines that share a counter with it can profit; what waits for slots that those share with others keeps its turn, so
    /// all that hang together are looked at.
    /// </summary>
    private static void Grant(Line freed, List<SlotRequest> granted)
    {
        HashSet<Counter> blocked = [];
        var heads = Related(freed).Where(static l => l.Head() is not null).ToList();
        while (heads.Count > 0)
        {
            var best = heads[0];
            foreach (var line in heads)
            {
                if (line.Head()!.IsBefore(best.Head()!))
                {
                    best = line;
                }
            }

            if (best.Fits() && !Array.Exists(best.Counters, c => blocked.Contains(c.Counter)))
            {
                var request = best.Dequeue();
                best.Take();
                request.State = SlotState.Held;
                granted.Add(request);
                if (best.Head() is null)
                {
                    heads.Remove(best);
                }

                continue;
            }

            foreach (var (counter, slots) in best.Counters)
            {
                if (counter.Free < slots)
                {
                    blocked.Add(counter);
                }
            }

            heads.Remove(best);
        }
    }

    /// <summary>The lines that share a counter with a line, with one that does, and so on.</summary>
    private static HashSet<Line> Related(Line line)
    {
        HashSet<Line> found = [line];
        HashSet<Counter> seen = [];
        var open = new Queue<Line>(found);
        while (open.TryDequeue(out var next))
        {
            foreach (var other in next.Counters.Where(c => seen.Add(c.Counter)).SelectMany(static c => c.Counter.Lines).Where(found.Add))
            {
                open.Enqueue(other);
            }
        }

        return found;
    }

    private Line LineOf(SlotRequest request)
    {
        if (!_lines.TryGetValue(request.Key, out var line))
        {
            line = new Line([.. request.Needs.Select(n => (CounterOf(n.Name, n.Limit), n.Slots))]);
            foreach (var (counter, _) in line.Counters)
            {
                counter.Lines.Add(line);
            }

            _lines.Add(request.Key, line);
        }

        return line;
    }

    private Counter CounterOf(string name, int limit)
    {
        if (!_counters.TryGetValue(name, out var counter))
        {
            _counters.Add(name, counter = new Counter(limit));
        }

        return counter;
    }

    /// <summary>A limited number of slots.</summary>
    internal sealed class Counter(int slots)
    {
        public int Free { get; set; } = slots;

        /// <summary>How many requests for them are in the lines.</summary>
        public int Waiting { get; set; }

        public List<Line> Lines { get; } = [];
    }

    /// <summary>Requests that need the same slots.</summary>
    internal sealed class Line((Counter Counter, int Slots)[] counters)
    {
        private readonly PriorityQueue<SlotRequest, (int Priority, long Order)> _waiting = new();

        public (Counter Counter, int Slots)[] Counters => counters;

        /// <summary>Whether somebody waits for slots that requests of this line need.</summary>
        public bool IsContested => Array.Exists(counters, static c => c.Counter.Waiting > 0);

        public void Enqueue(SlotRequest request)
        {
            _waiting.Enqueue(request, (-request.Priority, request.Order));
            Count(1);
        }

        public SlotRequest Dequeue()
        {
            Count(-1);
            return _waiting.Dequeue();
        }

        /// <summary>The first that waits; those taken back are dropped on the way.</summary>
        public SlotRequest? Head()
        {
            while (_waiting.TryPeek(out var request, out _))
            {
                if (request.State == SlotState.Waiting)
                {
                    return request;
                }

                Dequeue();
            }

            return null;
        }

        public bool Fits() => Array.TrueForAll(counters, static c => c.Counter.Free >= c.Slots);

        public void Take() => Add(-1);

        public void Give() => Add(1);

        private void Count(int sign)
        {
            foreach (var (counter, _) in counters)
            {
                counter.Waiting += sign;
            }
        }

        private void Add(int sign)
        {
            foreach (var (counter, slots) in counters)
            {
                counter.Free += sign * slots;
            }
        }
    }
}

/// <summary>A request for slots.</summary>
/// <param name="key">The same for requests that need the same.</param>
/// <param name="needs">What it needs: name, size and share of each limit.</param>
/// <param name="priority">The greater goes first.</param>
internal sealed class SlotRequest(string key, IReadOnlyList<(string Name, int Limit, int Slots)> needs, int priority)
{
    public string Key => key;

    public IReadOnlyList<(string Name, int Limit, int Slots)> Needs => needs;

    public int Priority => priority;

    public long Order { get; set; }

    public SlotState State { get; set; }

    public Action? Granted { get; set; }

    public SlotBook.Line? Line { get; set; }

    public bool IsBefore(SlotRequest other) => Priority != other.Priority ? Priority > other.Priority : Order < other.Order;
}

/// <summary>Where a request for slots is.</summary>
internal enum SlotState
{
    Waiting,
    Held,
    Released,
}
