using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Tarn.Contracts;
using Tarn.Native;

namespace Tarn.Bench;

/// <summary>
/// MobileNetV2 served by the whole program on one core, one thread; the load is made on another core, by two connections. The baseline is ONNX Runtime's own loop on the server's core, with as many
/// threads, on tensors that are there; beside it stands what is left of that for a loop written for this network alone, which reads a request from its socket into the tensor's memory and runs it
/// (<see cref="SocketLoop"/>): what a server could reach at best.
/// </summary>
internal static class ServingImages
{
    private const int Turns = 24;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(10);

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
            await using var loop = await SocketLoop.StartAsync(file, batch);
            var rates = InTurn(Load(server.Url, "/v2/models/mobilenet/infer", body, header), Raw(() => binding.Run()), Load(loop.Url, "/", body, header));
            var (ours, raw, best) = (rates[0] * batch, rates[1] * batch, rates[2] * batch);
            measured.Add(Measurement.AtLeastRatio($"MobileNetV2 over HTTP, batches of {batch}, one core", ours, "images/s", raw, 0.95));
            measured.Add(new Measurement("the same by a loop over sockets that does nothing else", best, "images/s", raw, best / raw, "none", true));
        }

        measured.Add(Pictures(server.Url, photo.Model.Span));
        return measured;
    }

    private static Measurement Pictures(Uri url, ReadOnlySpan<byte> model)
    {
        var jpeg = SharedData.Find("pizza") is { } photos ? File.ReadAllBytes(Directory.EnumerateFiles(photos, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First()) : ImageCodec.EncodeJpeg(new RgbImage(512, 384));
        using var session = OnnxSession.FromBytes(model, new OnnxSessionOptions { IntraOpThreads = 1, UseMemoryPattern = false });
        var outputs = new OnnxValue?[session.Outputs.Count];
        var rates = InTurn(Load(url, "/v1/endpoints/photo/predict", jpeg, "Content-Type: image/jpeg"), Raw(() =>
        {
            var picture = ImageCodec.Decode(jpeg, ArrayPool<byte>.Shared);
            using var input = OnnxValue.FromMemory(picture.Pixels, picture.Height, picture.Width, 3);
            Array.Clear(outputs);
            session.Run([input], outputs);
            foreach (var output in outputs)
            {
                output!.Dispose();
            }

            _ = MemoryMarshal.TryGetArray<byte>(picture.Pixels, out var pixels);
            ArrayPool<byte>.Shared.Return(pixels.Array!);
        }));
        return Measurement.AtLeastRatio("JPEG to answer, against decode and inference alone, one core", rates[0], "images/s", rates[1], 0.9);
    }

    /// <summary>Each some seconds in all, half a second at a time, in turn, after all were warm: what else the machine does meets them alike. One that rests costs nothing.</summary>
    private static double[] InTurn(params Func<TimeSpan, int>[] loads)
    {
        foreach (var load in loads)
        {
            load(Warm);
        }

        var (done, spent) = (new int[loads.Length], new double[loads.Length]);
        for (var turn = 0; turn < Turns; turn++)
        {
            for (var i = 0; i < loads.Length; i++)
            {
                var clock = Stopwatch.StartNew();
                done[i] += loads[i](Turn);
                spent[i] += clock.Elapsed.TotalSeconds;
            }
        }

        return [.. done.Select((d, i) => d / spent[i])];
    }

    /// <summary>Runs one after another on the server's core.</summary>
    private static Func<TimeSpan, int> Raw(Action run) => duration =>
    {
        var runs = 0;
        Core.Run(0, () =>
        {
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed < duration)
            {
                run();
                runs++;
            }
        });
        return runs;
    };

    /// <summary>Answers to two connections that ask without pause, from the other core.</summary>
    private static Func<TimeSpan, int> Load(Uri url, string path, byte[] body, string header)
    {
        var clients = Enumerable.Range(0, 2).Select(_ => RawHttp.Post(url, path, body, header)).ToArray();
        return duration =>
        {
            var done = 0;
            var clock = Stopwatch.StartNew();
            Core.Run(1, [.. clients.Select(client => (Action)(() =>
            {
                while (clock.Elapsed < duration)
                {
                    if (client.Send() != 200)
                    {
                        throw new InvalidDataException(client.Answer());
                    }

                    Interlocked.Increment(ref done);
                }
            }))]);
            return done;
        };
    }
}
