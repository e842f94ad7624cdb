using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Native;
using Tarn.Serving;

namespace Tarn.Bench;

/// <summary>
/// Garbage of a request of binary tensors in steady state, counted over the whole process: the serving path of the program in this process, asked by a client that makes none. The baseline is Kestrel with
/// a handler that reads the body and answers as many bytes.
/// </summary>
internal static class ServingGarbage
{
    public static async Task<IReadOnlyList<Measurement>> RunAsync(string folder)
    {
        var models = Path.Combine(folder, "models");
        var network = SharedData.Find("models/mobilenetv2-12-int8.onnx") ?? throw new FileNotFoundException("The network of this benchmark, models/mobilenetv2-12-int8.onnx, is not on this machine.");
        ServingModels.Write(models, "dense", 1, ServingModels.Dense());
        ServingModels.Write(models, "mobilenet", 1, await File.ReadAllBytesAsync(network));
        await using var server = new ModelServer([new FolderModelSource(models)], new ServingOptions(), Environment.ProcessorCount, TimeProvider.System, NullLoggerFactory.Instance);
        await server.StartAsync();
        using var session = OnnxSession.FromFile(network);
        return
        [
            await CompareAsync("garbage of a request of binary tensors", "dense", ServingModels.Binary("features", [1, ServingModels.Features], new float[ServingModels.Features]), 20_000),
            await CompareAsync("the same of a picture's 600 KB", "mobilenet", ServingModels.Binary(session.Inputs[0].Name, [1, 3, 224, 224], new float[3 * 224 * 224]), 2_000),
        ];

        async Task<Measurement> CompareAsync(string name, string model, (byte[] Body, string Header) request, int requests)
        {
            var plain = await MeasureAsync(server, static app => app.Run(PlainAsync), model, request, requests);
            var ours = await MeasureAsync(server, static app => app.UseServing(), model, request, requests);
            return new Measurement($"{name}, beyond Kestrel's own", ours - plain, "bytes", plain, null, "< 1 byte", ours - plain < 1);
        }
    }

    private static async Task<double> MeasureAsync(ModelServer server, Action<IApplicationBuilder> use, string model, (byte[] Body, string Header) request, int requests)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static k => k.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Services.AddSingleton(server).AddSingleton(new ServingInfo("bench")).AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance).AddSingleton(new EndpointStats(TimeProvider.System)).AddServing();
        await using var app = builder.Build();
        use(app);
        await app.StartAsync();
        var url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        using var client = RawHttp.Post(url, $"/v2/models/{model}/infer", request.Body, request.Header);
        Ask(client, requests);
        var least = double.MaxValue;
        for (var turn = 0; turn < 3; turn++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Ask(client, requests);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)requests);
        }

        await app.StopAsync();
        return least;
    }

    private static void Ask(RawHttp client, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (client.Send() != 200)
            {
                throw new InvalidDataException(client.Answer());
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask ReadAsync(HttpContext http)
    {
        while (true)
        {
            var read = await http.Request.BodyReader.ReadAsync();
            http.Request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        http.Response.ContentLength = 200;
        http.Response.BodyWriter.GetSpan(200)[..200].Clear();
        http.Response.BodyWriter.Advance(200);
    }

    /// <summary>Reads the body and answers 200 bytes.</summary>
    internal static Task PlainAsync(HttpContext http)
    {
        var reading = ReadAsync(http);
        return reading.IsCompletedSuccessfully ? Task.CompletedTask : reading.AsTask();
    }
}
