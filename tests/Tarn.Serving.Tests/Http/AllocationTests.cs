using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What a request costs in garbage, beside what the web server itself makes of it.</summary>
[Collection(Alone.Name)]
public sealed class AllocationTests(ProtocolHost shared, ITestOutputHelper output) : IClassFixture<ProtocolHost>
{
    private const int Warm = 6_000;
    private const int Measured = 6_000;

    // Of several measurements the least: the runtime's own timers and compilers allocate now and then.
    private const int Times = 5;

    private static readonly byte[] Binary = Request(
        "/v2/models/simple/infer",
        """{"inputs":[{"name":"INPUT0","shape":[1,16],"datatype":"INT32","parameters":{"binary_data_size":64}},{"name":"INPUT1","shape":[1,16],"datatype":"INT32","parameters":{"binary_data_size":64}}],"parameters":{"binary_data_output":true}}""",
        128);

    private static readonly byte[] Rows = Request("/v1/models/dense:predict", """{"instances":[[0.1,0.2,0.3,0.4],[1,2,3,4]]}""", -1);
    private static readonly byte[] Columns = Request("/v2/models/dense/infer", """{"id":"1","inputs":[{"name":"features","shape":[1,4],"datatype":"FP32","data":[0.1,0.2,0.3,0.4]}]}""", -1);

    [Theory]
    [InlineData("binary", false)]
    [InlineData("rows", false)]
    [InlineData("columns", false)]
    [InlineData("binary", true)]
    [InlineData("rows", true)]
    public async Task A_request_makes_no_garbage_of_ours(string kind, bool isSplit)
    {
        var request = kind switch { "binary" => Binary, "rows" => Rows, _ => Columns };
        await using var empty = await StartEmptyAsync();
        var baseline = Measure(UrlOf(empty), request, isSplit);
        var ours = Measure(shared.Host.Url, request, isSplit);

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind}{(isSplit ? ", body after the headers" : "")}: {ours:0.0} bytes a request, {baseline:0.0} of them the server's"));

        // Where the body comes later, something has to wait for it: the tasks that ASP.NET Core asks for.
        Assert.True(ours - baseline < (isSplit ? 400 : 8), string.Create(CultureInfo.InvariantCulture, $"{ours:0.0} bytes a request, {baseline:0.0} without us."));
    }

    private static double Measure(Uri url, byte[] request, bool isSplit)
    {
        using var connection = new RawConnection(url, TimeSpan.FromSeconds(60));
        var head = isSplit ? request.AsSpan().IndexOf("\r\n\r\n"u8) + 4 : request.Length;
        Send(connection, request, head, Warm);
        var least = double.MaxValue;
        for (var time = 0; time < Times; time++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Send(connection, request, head, Measured);
            least = Math.Min(least, (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Measured);
        }

        return least;
    }

    private static void Send(RawConnection connection, byte[] request, int head, int count)
    {
        for (var i = 0; i < count; i++)
        {
            connection.Send(request.AsSpan(0, head));
            if (head < request.Length)
            {
                // Only once the server has looked for the body does it come.
                Thread.Yield();
                connection.Send(request.AsSpan(head));
            }

            if (connection.Receive(isHead: false) != 200)
            {
                throw new InvalidOperationException(connection.Text());
            }
        }
    }

    /// <summary>A server that reads the body and answers with as many bytes, and does nothing else.</summary>
    private static async Task<WebApplication> StartEmptyAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static k => k.Listen(System.Net.IPAddress.Loopback, 0, static l => l.Protocols = HttpProtocols.Http1));
        var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        return app;
    }

    private static Task AnswerAsync(HttpContext http)
    {
        var reader = http.Request.BodyReader;
        var reading = reader.ReadAsync();
        return reading.IsCompletedSuccessfully && reading.Result is { IsCompleted: true } result ? Answer(http, result.Buffer.End) : WaitAsync(http, reading);
    }

    private static async Task WaitAsync(HttpContext http, ValueTask<System.IO.Pipelines.ReadResult> reading)
    {
        var result = await reading;
        while (!result.IsCompleted)
        {
            http.Request.BodyReader.AdvanceTo(result.Buffer.End);
            result = await http.Request.BodyReader.ReadAsync();
        }

        await Answer(http, result.Buffer.End);
    }

    private static Task Answer(HttpContext http, SequencePosition end)
    {
        http.Request.BodyReader.AdvanceTo(end);
        http.Response.ContentLength = 100;
        http.Response.BodyWriter.GetSpan(100)[..100].Fill((byte)' ');
        http.Response.BodyWriter.Advance(100);
        return Task.CompletedTask;
    }

    private static Uri UrlOf(WebApplication app) => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    private static byte[] Request(string path, string json, int tail)
    {
        var request = new FuzzRequest { Path = path, Body = [.. Encoding.UTF8.GetBytes(json), .. new byte[Math.Max(0, tail)]] };
        request.Headers.Add(("Content-Type", "application/octet-stream"));
        if (tail >= 0)
        {
            request.Headers.Add((BinaryCall.HeaderLength, json.Length.ToString(CultureInfo.InvariantCulture)));
        }

        return request.ToBytes();
    }
}
