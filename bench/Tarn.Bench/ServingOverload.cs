using System.Diagnostics;
using System.Globalization;
using Tarn.Contracts;

namespace Tarn.Bench;

/// <summary>
/// More requests than a model can answer, for three minutes (<c>TARN_LOAD_SECONDS</c>): 32 connections, a queue of 16, one instance; a client that is refused asks again after 50 ms. What is too much is refused at once with 503
/// and Retry-After; what is accepted is answered within the time that a full queue takes, at the end as at the beginning. Memory is compared at rest, before and after: while there is load, it goes up and down by what the
/// collector lets gather.
/// </summary>
internal static class ServingOverload
{
    private const int Connections = 32;
    private const int Queue = 16;

    // The server gives memory back when it has been quiet for 10 to 20 seconds.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(25);

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var seconds = double.Parse(Environment.GetEnvironmentVariable("TARN_LOAD_SECONDS") ?? "180", CultureInfo.InvariantCulture);
        var models = Path.Combine(folder, "models");
        var network = SharedData.Find("models/mobilenetv2-12-int8.onnx") is { } file ? await File.ReadAllBytesAsync(file) : throw new FileNotFoundException("The network of this benchmark, models/mobilenetv2-12-int8.onnx, is not on this machine.");
        ServingModels.Write(models, "mobilenet", 1, network);
        await using var server = await ServingProcess.StartAsync(Path.Combine(folder, "data"), models, null, "Serving:Defaults:Instances=1", FormattableString.Invariant($"Serving:Defaults:MaxQueue={Queue}"));
        using var session = Tarn.Native.OnnxSession.FromBytes(network);
        var (body, header) = ServingModels.Binary(session.Inputs[0].Name, [1, 3, 224, 224], new float[3 * 224 * 224]);
        var alone = await LoadAsync(server, body, header, 1, 5);
        _ = await LoadAsync(server, body, header, Connections, Math.Min(10, seconds));
        await Task.Delay(Rest);
        var before = server.Memory();
        var first = await LoadAsync(server, body, header, Connections, seconds / 2);
        var highest = server.Memory();
        var second = await LoadAsync(server, body, header, Connections, seconds / 2);
        highest = Math.Max(highest, server.Memory());
        await Task.Delay(Rest);
        var grown = (server.Memory() - before) / 1e6;
        var load = first.With(second);

        // A full queue before a request, and its own run, as long as one takes when the cores are shared with the load.
        var service = 1000 * seconds / Math.Max(1, load.Accepted);
        var bound = service * (Queue + 3);
        return
        [
            Measurement.AtLeast("requests offered for each that was answered", (load.Accepted + load.Refused) / (double)Math.Max(1, load.Accepted), "times", 2),
            Measurement.Under("answers that are neither 200 nor 503 with Retry-After", load.Other, "answers", 1),
            new Measurement("accepted requests, p99", load.P99, "ms", bound, load.P99 / bound, "< a full queue", load.P99 < bound),
            new Measurement("accepted requests, p99 of the second half against the first", second.P99, "ms", first.P99, second.P99 / first.P99, "<= 1.2", second.P99 <= 1.2 * first.P99),
            new Measurement("answered a second, against one connection alone", load.Accepted / seconds, "requests/s", alone.Accepted / 5.0, load.Accepted / seconds / (alone.Accepted / 5.0), "none", true),
            Measurement.Under(FormattableString.Invariant($"growth of memory in {seconds} s, at rest"), grown, "MB", 30),
            new Measurement("memory at the end of a half, under load", highest / 1e6, "MB", before / 1e6, highest / (double)before, "none", true),
        ];
    }

    private static async Task<Load> LoadAsync(ServingProcess server, byte[] body, string header, int connections, double seconds)
    {
        var load = new Load();
        var latencies = new List<double>();
        var clock = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, connections).Select(_ => new Thread(() =>
        {
            using var client = RawHttp.Post(server.Url, "/v2/models/mobilenet/infer", body, header);
            using var pause = new ManualResetEvent(false);
            var own = new List<double>();
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                var began = Stopwatch.GetTimestamp();
                switch (client.Send())
                {
                    case 200:
                        own.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                        break;
                    case 503 when client.Answer().Contains("Retry-After:", StringComparison.Ordinal):
                        Interlocked.Increment(ref load.Refused);
                        pause.WaitOne(50);
                        break;
                    default:
                        Interlocked.Increment(ref load.Other);
                        break;
                }
            }

            lock (latencies)
            {
                latencies.AddRange(own);
            }
        })).ToList();
        threads.ForEach(static t => t.Start());
        await Task.Run(() => threads.ForEach(static t => t.Join()));
        return load.Of(latencies);
    }

    private sealed class Load
    {
        public List<double> Latencies = [];
        public int Accepted;
        public int Refused;
        public int Other;
        public double P99;

        public Load Of(List<double> latencies)
        {
            latencies.Sort();
            (Latencies, Accepted) = (latencies, latencies.Count);
            P99 = latencies.Count == 0 ? 0 : latencies[(int)(latencies.Count * 0.99)];
            return this;
        }

        public Load With(Load other) =>
            new Load { Refused = Refused + other.Refused, Other = Other + other.Other }.Of([.. Latencies, .. other.Latencies]);
    }
}
