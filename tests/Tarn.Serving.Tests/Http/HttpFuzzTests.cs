using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Requests that are nearly right, many and at once: the server refuses them and goes on.</summary>
[Collection(Alone.Name)]
public sealed class HttpFuzzTests(ProtocolHost shared, ITestOutputHelper output) : IClassFixture<ProtocolHost>
{
    private const int Seed = 91205;
    private const int Together = 16;
    private const int Threads = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServingHost _host = shared.Host;

    [Fact]
    public async Task No_request_breaks_the_server_or_stays_without_an_answer()
    {
        var count = Fuzz.Count(20_000);
        var warm = Math.Min(count / 2, 100_000);
        var began = Stopwatch.GetTimestamp();
        var outcome = await RunAsync(0, warm);
        var (heap, resident) = Memory();
        outcome.Add(await RunAsync(warm, count - warm));
        var took = Stopwatch.GetElapsedTime(began);
        var (heapAfter, residentAfter) = Memory();

        output.WriteLine($"Seed {Seed}: {count} requests in {took.TotalSeconds:0.0} s, {count / took.TotalSeconds:0} a second; {outcome}; heap {heap >> 10} to {heapAfter >> 10} KiB, resident {resident >> 20} to {residentAfter >> 20} MiB.");
        Assert.Empty(outcome.Faults);
        Assert.True(outcome.Right > count / 50, $"Seed {Seed}: only {outcome.Right} of {count} requests were right: the mutations say little.");
        Assert.True(heapAfter < heap + (16 << 20), $"Seed {Seed}: the heap grew from {heap} to {heapAfter} bytes.");
        Assert.True(residentAfter < resident + (256L << 20), $"Seed {Seed}: the process grew from {resident} to {residentAfter} bytes.");
        await RequireNothingHeldAsync();
        Assert.Equal("""{"predictions":[2.5,3.0,4.5]}""", (await _host.PostAsync("/v1/models/half_plus_two:predict", """{"instances": [1.0, 2.0, 5.0]}""")).Body);
    }

    private async Task RequireNothingHeldAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        foreach (var model in _host.Models.Table.All.SelectMany(static m => m.Loaded))
        {
            // A request whose client has gone gives its lease back when the server notices.
            while (model.Leases > 0 && !patience.IsCancellationRequested)
            {
                await Task.Yield();
            }

            Assert.True(model.Leases == 0, $"Seed {Seed}: {model.Name} has {model.Leases} leases that nobody gave back.");
        }
    }

    private static (long Heap, long Resident) Memory()
    {
        var heap = GC.GetTotalMemory(forceFullCollection: true);
        using var process = Process.GetCurrentProcess();
        return (heap, process.WorkingSet64);
    }

    private async Task<Outcome> RunAsync(int first, int count)
    {
        var all = new Outcome();
        var tasks = Enumerable.Range(0, Threads).Select(t => Task.Factory.StartNew(
            () => Run(first + ((int)((long)count * t / Threads)), first + ((int)((long)count * (t + 1) / Threads))), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        foreach (var outcome in await Task.WhenAll(tasks))
        {
            all.Add(outcome);
        }

        return all;
    }

    private Outcome Run(int from, int until)
    {
        var outcome = new Outcome();
        var mutator = new RequestMutator(Seed);
        RawConnection? connection = null;
        for (var number = from; number < until;)
        {
            if (number % 97 == 0)
            {
                RunBroken(mutator, number++, outcome);
                continue;
            }

            connection ??= new RawConnection(_host.Url, Patience);
            var isOpen = RunTogether(connection, mutator, ref number, until, outcome);
            if (!isOpen)
            {
                connection.Dispose();
                connection = null;
            }
        }

        connection?.Dispose();
        return outcome;
    }

    /// <summary>Sends several requests at once and reads their answers; false where the server ended the connection.</summary>
    private static bool RunTogether(RawConnection connection, RequestMutator mutator, ref int number, int until, Outcome outcome)
    {
        var sent = new List<(int Number, FuzzRequest Request)>();
        var bytes = new List<byte>();
        while (sent.Count < Together && number < until && number % 97 != 0)
        {
            var request = mutator.Make(number);
            bytes.AddRange(request.ToBytes());
            sent.Add((number++, request));
        }

        try
        {
            connection.Send(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
            foreach (var (which, request) in sent)
            {
                var status = connection.Receive(request.Method == "HEAD");
                outcome.Count(which, status, connection);
                if (status == 0 || connection.IsClosing)
                {
                    return false;
                }
            }

            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown)
        {
            // It refused a request whose framing was wrong, and ended the connection while others were on their way.
            outcome.Ended++;
            return false;
        }
        catch (SocketException error)
        {
            outcome.Faults.Add($"Seed {Seed}, from {sent[0].Number}: {error.SocketErrorCode}");
            return false;
        }
    }

    /// <summary>Sends what may be no HTTP, on a connection of its own that ends with it.</summary>
    private void RunBroken(RequestMutator mutator, int number, Outcome outcome)
    {
        var random = new Random(Seed ^ number);
        using var connection = new RawConnection(_host.Url, Patience);
        try
        {
            connection.Send(RequestMutator.Break(mutator.Make(number).ToBytes(), random));
            connection.EndSending();
            while (true)
            {
                var status = connection.Receive(isHead: false);
                outcome.Count(number, status, connection);
                if (status == 0 || connection.IsClosing)
                {
                    return;
                }
            }
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown)
        {
            outcome.Ended++;
        }
        catch (SocketException error)
        {
            outcome.Faults.Add($"Seed {Seed}, {number}: {error.SocketErrorCode}");
        }
    }

    private sealed class Outcome
    {
        private readonly SortedDictionary<int, int> _statuses = [];

        public List<string> Faults { get; } = [];

        public int Ended { get; set; }

        public int Right => _statuses.GetValueOrDefault(200);

        public void Count(int number, int status, RawConnection connection)
        {
            _statuses[status] = _statuses.GetValueOrDefault(status) + 1;

            // 503 is overload, or a model that could not be loaded; 505 another version of HTTP.
            if (status >= 500 && status is not (503 or 505) && Faults.Count < 20)
            {
                Faults.Add($"Seed {Seed}, request {number}: {status} {connection.Text()}");
            }
        }

        public void Add(Outcome other)
        {
            foreach (var (status, count) in other._statuses)
            {
                _statuses[status] = _statuses.GetValueOrDefault(status) + count;
            }

            Ended += other.Ended;
            Faults.AddRange(other.Faults);
        }

        public override string ToString() =>
            new StringBuilder().AppendJoin(", ", _statuses.Select(static s => $"{s.Value} × {(s.Key == 0 ? "end" : s.Key)}")).Append(System.Globalization.CultureInfo.InvariantCulture, $", {Ended} reset").ToString();
    }
}
