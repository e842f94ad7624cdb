using System.Diagnostics;
using System.Text;
using Tarn.Contracts;
using Tarn.Native;

namespace Tarn.Bench;

/// <summary>
/// MobileNetV2 served by the whole program on one core, one thread; the load is made on another core, by two connections. The baseline is ONNX Runtime's own loop on the server's core, with as many
/// threads, on tensors that are there. Of each the fastest of some turns, in turn: while one runs the other waits.
/// </summary>
internal static class ServingImages
{
    private const int Turns = 4;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(3);

    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        if (SharedData.Find("models/mobilenetv2-12-int8.onnx") is not { } file)
        {
            throw new FileNotFoundException("The network of this benchmark, models/mobilenetv2-12-int8.onnx, is not on this machine.");
        }

        var models = Path.Combine(folder, "models");
        ServingModels.Write(models, "mobilenet", 1, await File.ReadAllBytesAsync(file));
        var photo = ServingModels.Photos(Path.Combine(folder, "backbones"))!;
        ServingModels.Write(models, "photo", 1, photo.Model.ToArray());
        await File.WriteAllBytesAsync(Path.Combine(models, "photo", "1", "signature.json"), photo.Signature.ToArray());
        Cores(2);
        await using var server = await ServingProcess.StartAsync(Path.Combine(folder, "data"), models, "0", "Serving:Defaults:Instances=1");
        using (var http = new HttpClient { BaseAddress = server.Url })
        using (var content = new StringContent("""{"name":"photo","model":"photo","reason":"bench"}""", Encoding.UTF8, "application/json"))
        {
            (await http.PostAsync(new Uri("/api/v1/endpoints", UriKind.Relative), content)).EnsureSuccessStatusCode();
        }

        var measured = new List<Measurement>();
        using var session = OnnxSession.FromFile(file, new OnnxSessionOptions { IntraOpThreads = 1 });
        foreach (var batch in (int[])[1, 8])
        {
            var data = new float[batch * 3 * 224 * 224];
            var (body, header) = ServingModels.Binary(session.Inputs[0].Name, [batch, 3, 224, 224], data);
            using var input = OnnxValue.FromMemory<float>(data, batch, 3, 224, 224);
            using var binding = session.Bind();
            binding.BindInput(session.Inputs[0].Name, input);
            binding.BindOutput(session.Outputs[0].Name);
            var (ours, raw) = InTurn(() => Load(server.Url, "/v2/models/mobilenet/infer", body, header), () => binding.Run());
            measured.Add(Measurement.AtLeastRatio($"MobileNetV2 over HTTP, batches of {batch}, one core", ours * batch, "images/s", raw * batch, 0.95));
        }

        measured.Add(Pictures(server.Url, photo.Model.Span));
        return measured;
    }

    private static Measurement Pictures(Uri url, ReadOnlySpan<byte> model)
    {
        var jpeg = SharedData.Find("pizza") is { } photos ? File.ReadAllBytes(Directory.EnumerateFiles(photos, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First()) : ImageCodec.EncodeJpeg(new RgbImage(512, 384));
        using var session = OnnxSession.FromBytes(model, new OnnxSessionOptions { IntraOpThreads = 1, UseMemoryPattern = false });
        var outputs = new OnnxValue?[session.Outputs.Count];
        var (ours, raw) = InTurn(() => Load(url, "/v1/endpoints/photo/predict", jpeg, "Content-Type: image/jpeg"), () =>
        {
            var picture = ImageCodec.Decode(jpeg);
            using var input = OnnxValue.FromMemory(picture.Pixels, picture.Height, picture.Width, 3);
            Array.Clear(outputs);
            session.Run([input], outputs);
            foreach (var output in outputs)
            {
                output!.Dispose();
            }
        });
        return Measurement.AtLeastRatio("JPEG to answer, against decode and inference alone, one core", ours, "images/s", raw, 0.9);
    }

    private static (double Ours, double Raw) InTurn(Func<double> load, Action run)
    {
        var (ours, raw) = (0.0, 0.0);
        for (var turn = 0; turn < Turns; turn++)
        {
            Cores(2);
            ours = Math.Max(ours, load());
            Cores(1);
            raw = Math.Max(raw, Rate(run));
        }

        return (ours, raw);
    }

    private static double Rate(Action run)
    {
        run();
        var clock = Stopwatch.StartNew();
        var runs = 0;
        while (clock.Elapsed < Turn)
        {
            run();
            runs++;
        }

        return runs / clock.Elapsed.TotalSeconds;
    }

    /// <summary>Answers a second to two connections that ask without pause.</summary>
    private static double Load(Uri url, string path, byte[] body, string header)
    {
        var done = 0;
        var clock = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            using var client = RawHttp.Post(url, path, body, header);
            while (clock.Elapsed < Turn)
            {
                if (client.Send() != 200)
                {
                    throw new InvalidDataException(client.Answer());
                }

                Interlocked.Increment(ref done);
            }
        })).ToList();
        threads.ForEach(static t => t.Start());
        threads.ForEach(static t => t.Join());
        return done / clock.Elapsed.TotalSeconds;
    }

    // This process' cores, as a mask: the load has the second one, the baseline the first one, which the server has while it is asked.
    private static void Cores(int mask)
    {
        if (Environment.ProcessorCount > 1)
        {
            // All threads that there are; new ones take it from those that make them.
            using var set = Process.Start(new ProcessStartInfo("taskset", ["-ap", FormattableString.Invariant($"{mask:x}"), FormattableString.Invariant($"{Environment.ProcessId}")]) { RedirectStandardOutput = true })!;
            _ = set.StandardOutput.ReadToEnd();
            set.WaitForExit();
        }
    }
}
