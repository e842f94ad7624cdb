using System.Diagnostics;
using System.Globalization;
using Tarn.Contracts;

namespace Tarn.Bench;

/// <summary>
/// More requests than a model can answer, for two minutes (<c>TARN_LOAD_SECONDS</c>): 32 connections, a queue of 16, one instance; a client that is refused asks again after 50 ms. What is too much is refused at once with 503 and
/// Retry-After; what is accepted is answered within the time that a full queue takes; memory stays where it was.
/// </summary>
internal static class ServingOverload
{
    private const int Connections = 32;
    private const int Queue = 16;

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var seconds = double.Parse(Environment.GetEnvironmentVariable("TARN_LOAD_SECONDS") ?? "120", CultureInfo.InvariantCulture);
        var models = Path.Combine(folder, "models");
        var network = SharedData.Find("models/mobilenetv2-12-int8.onnx") is { } file ? await File.ReadAllBytesAsync(file) : throw new FileNotFoundException("The network of this benchmark, models/mobilenetv2-12-int8.onnx, is not on this machine.");
        ServingModels.Write(models, "mobilenet", 1, network);
        await using var server = await ServingProcess.StartAsync(Path.Combine(folder, "data"), models, null, "Serving:Defaults:Instances=1", FormattableString.Invariant($"Serving:Defaults:MaxQueue={Queue}"));
        using var session = Tarn.Native.OnnxSession.FromBytes(network);
        var (body, header) = ServingModels.Binary(session.Inputs[0].Name, [1, 3, 224, 224], new float[3 * 224 * 224]);
        var alone = await LoadAsync(server, body, header, 1, 5);
        _ = await LoadAsync(server, body, header, Connections, Math.Min(10, seconds));
        var before = server.Memory();
        var load = await LoadAsync(server, body, header, Connections, seconds);
        var grown = (server.Memory() - before) / 1e6;

        // A full queue before a request, and its own run, as long as one takes when the cores are shared with the load.
        var service = 1000 * seconds / Math.Max(1, load.Accepted);
        var bound = service * (Queue + 3);
        return
        [
            Measurement.AtLeast("requests offered for each that was answered", (load.Accepted + load.Refused) / (double)Math.Max(1, load.Accepted), "times", 2),
            Measurement.Under("answers that are neither 200 nor 503 with Retry-After", load.Other, "answers", 1),
            new Measurement("accepted requests, p99", load.P99, "ms", bound, load.P99 / bound, "< a full queue", load.P99 < bound),
            new Measurement("answered a second, against one connection alone", load.Accepted / seconds, "requests/s", alone.Accepted / 5.0, load.Accepted / seconds / (alone.Accepted / 5.0), "none", true),
            Measurement.Under(FormattableString.Invariant($"growth of memory in {seconds} s"), grown, "MB", 30),
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
        latencies.Sort();
        load.Accepted = latencies.Count;
        load.P99 = latencies.Count == 0 ? 0 : latencies[(int)(latencies.Count * 0.99)];
        return load;
    }

    private sealed class Load
    {
        public int Accepted;
        public int Refused;
        public int Other;
        public double P99;
    }
}
