using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Serving.OpenInference;
using Xunit;
using static Tarn.Serving.Tests.InferRequests;

namespace Tarn.Serving.Tests;

/// <summary>ModelStreamInfer, and what endpoints add to calls.</summary>
public sealed class GrpcInferStreamTests
{
    private const string StreamPath = "/inference.GRPCInferenceService/ModelStreamInfer";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_of_a_stream_are_answered_in_their_order_and_errors_do_not_end_it()
    {
        await using var host = await ServingHost.StartAsync();
        await using var call = host.Grpc.Open(StreamPath, cancellation: Cancellation);
        const int Count = 300;
        async Task SendAsync()
        {
            for (var i = 0; i < Count; i++)
            {
                var request = Dense(i, 2, 3, 4);
                (request.Id, request.ModelName) = ($"r{i}", i % 10 == 3 ? "nothing" : "dense");
                await call.SendAsync(i % 10 == 7 ? Fields(s => { s.Bytes(3, $"r{i}"); s.Bytes(1, "dense"); s.Bytes(5, [0x0F]); }) : request.ToByteArray());
            }

            await call.EndAsync();
        }

        var sending = SendAsync();
        for (var i = 0; i < Count; i++)
        {
            var answer = ModelStreamInferResponse.Parser.ParseFrom(await call.ReceiveAsync());
            Assert.Equal($"r{i}", answer.InferResponse.Id);
            switch (i % 10)
            {
                case 3:
                    Assert.Contains("nothing", answer.ErrorMessage, StringComparison.Ordinal);
                    break;
                case 7:
                    Assert.Contains("no field begins so", answer.ErrorMessage, StringComparison.Ordinal);
                    break;
                default:
                    Assert.Equal("", answer.ErrorMessage);
                    Assert.Equal(12, answer.InferResponse.RawOutputContents[0].Length);
                    break;
            }
        }

        await sending;
        Assert.Equal(0, await call.StatusAsync());
    }

    [Fact]
    public async Task A_stream_is_answered_while_it_goes_on()
    {
        await using var host = await ServingHost.StartAsync();
        await using var call = host.Grpc.Open(StreamPath, cancellation: Cancellation);
        for (var i = 0; i < 3; i++)
        {
            await call.SendAsync(Dense(1, 2, 3, i).ToByteArray());
            Assert.Single(ModelStreamInferResponse.Parser.ParseFrom(await call.ReceiveAsync()).InferResponse.Outputs);
        }

        await call.EndAsync();
        Assert.Equal(0, await call.StatusAsync());
    }

    [Fact]
    public async Task A_client_that_leaves_leaves_no_request_behind()
    {
        await using var host = await ServingHost.StartAsync();
        var model = host.Models.Acquire("dense", null, "");
        model.Release();
        for (var round = 0; round < 20; round++)
        {
            await using var call = host.Grpc.Open(StreamPath, cancellation: Cancellation);
            for (var i = 0; i < 40; i++)
            {
                await call.SendAsync(Dense(1, 2, 3, i).ToByteArray());
            }

            Assert.NotNull(await call.ReceiveAsync());
        }

        // Its memory is freed when the last lease is given back: it would wait for one that is lost.
        await host.Models.UnloadAsync("dense", Cancellation);
        await model.Freed.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancellation);
    }

    [Fact]
    public async Task An_endpoint_chooses_by_metadata_and_says_which_variant_answered()
    {
        using var directory = new TemporaryDirectory(inMemory: true);
        await using var store = MetadataStore.Open(directory.Combine("meta.db"), TimeProvider.System, NullLoggerFactory.Instance);
        await using var book = new EndpointBook(store, TimeProvider.System, NullLoggerFactory.Instance);
        await book.OpenAsync(cancellation: Cancellation);
        await book.CreateAsync(
            new EndpointDefinition("pizza", "half") { Variants = [new Variant("a", VariantTarget.OfVersion(1), 50), new Variant("b", VariantTarget.OfVersion(2), 50)], StickyHeader = "x-user" },
            new RouteChange("ada"),
            Cancellation);
        await using var host = await ServingHost.StartAsync(
            static folder =>
            {
                TestModels.Write(folder, "half", 1, TestModels.HalfPlusTwo());
                TestModels.Write(folder, "half", 2, TestModels.HalfPlusTwo(2));
            },
            new ServingOptions { Defaults = new ModelOptions { Versions = VersionPolicy.Parse("all") } },
            services => services.AddSingleton(book));
        var request = new ModelInferRequest { ModelName = "pizza", Inputs = { Input("x", "FP32", 1) }, RawInputContents = { Raw(10f) } }.ToByteArray();

        async Task<(string Variant, float Value)> AskAsync(string header, string value)
        {
            using var reply = await host.Grpc.CallAsync("/inference.GRPCInferenceService/ModelInfer", request, r => r.Headers.Add(header, value), Cancellation);
            Assert.True(reply.Status == 0, reply.Message);
            var answer = ModelInferResponse.Parser.ParseFrom(reply.Content);
            Assert.Equal(reply.Metadata["x-tarn-model-version"], answer.ModelVersion);
            return (reply.Metadata["x-tarn-variant"], Values<float>(answer.RawOutputContents[0])[0]);
        }

        Assert.Equal(("a", 7f), await AskAsync("x-tarn-variant", "a"));
        Assert.Equal(("b", 22f), await AskAsync("x-tarn-variant", "b"));
        var seen = new HashSet<string>();
        for (var user = 0; user < 20; user++)
        {
            var first = await AskAsync("x-user", $"user {user}");
            Assert.Equal(first, await AskAsync("x-user", $"user {user}"));
            seen.Add(first.Variant);
        }

        Assert.Equal(2, seen.Count);
        await using var call = host.Grpc.Open(StreamPath, static r => r.Headers.Add("x-tarn-variant", "b"), Cancellation);
        await call.SendAsync(request);
        await call.EndAsync();
        var streamed = ModelStreamInferResponse.Parser.ParseFrom(await call.ReceiveAsync()).InferResponse;
        Assert.Equal(("b", 22f), (streamed.Parameters["tarn_variant"].StringParam, Values<float>(streamed.RawOutputContents[0])[0]));
        Assert.Equal(0, await call.StatusAsync());
    }
}
