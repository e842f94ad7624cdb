using System.Buffers;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Tarn.Core;
using Tarn.Serving.OpenInference;

namespace Tarn.Serving;

/// <summary>
/// ModelStreamInfer: requests of one stream are run at the same time and answered in their order. One that fails is answered with its error, and the stream goes on.
/// </summary>
internal sealed class InferStream(ServingFront front, InferReader reader)
{
    /// <summary>Requests of one stream that are under way at most; the client waits with the next.</summary>
    private const int MostUnderWay = 16;

    public async ValueTask RunAsync(GrpcMessageReader requests, GrpcResponse response, GrpcCall call)
    {
        // The headers go out before the first answer: what is said of one request cannot stand in them.
        await call.Http.Response.StartAsync(call.Cancellation).ConfigureAwait(false);
        var begun = Channel.CreateBounded<Entry>(new BoundedChannelOptions(MostUnderWay) { SingleReader = true, SingleWriter = true });
        using var broken = new CancellationTokenSource();
        var answering = AnswerAsync(begun.Reader, response, call, broken);
        try
        {
            while (!broken.IsCancellationRequested && await requests.ReadAsync().ConfigureAwait(false))
            {
                await begun.Writer.WriteAsync(Begin(call, requests.Message)).ConfigureAwait(false);
            }
        }
        finally
        {
            begun.Writer.Complete();
            await answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await answering.ConfigureAwait(false);
    }

    private Entry Begin(GrpcCall call, in ReadOnlySequence<byte> message)
    {
        try
        {
            var exchange = reader.Read(call.Http, message);
            exchange.Request.Aborted = call.Cancellation;

            // A model that is free runs where it is called: that must not keep the next request from being read.
            return new Entry { Exchange = exchange, Run = Task.Run(() => exchange.Request.RunAsync().AsTask()) };
        }
        catch (Exception error) when (error is TarnException or GrpcException)
        {
            return new Entry { Error = error, Id = IdOf(message) };
        }
    }

    private async Task AnswerAsync(ChannelReader<Entry> begun, GrpcResponse response, GrpcCall call, CancellationTokenSource broken)
    {
        Exception? fault = null;
        await foreach (var entry in begun.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                // Where the client is gone, what was begun still has to end before its memory is given back.
                await entry.Run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (fault is null)
                {
                    Answer(entry, response, call.Http);
                    await response.SendAsync().ConfigureAwait(false);
                }
            }
            catch (Exception error)
            {
                // Thrown below, when all that was begun has ended.
                fault = error;
                await broken.CancelAsync().ConfigureAwait(false);
            }
            finally
            {
                entry.Exchange?.Dispose();
            }
        }

        if (fault is not null)
        {
            ExceptionDispatchInfo.Throw(fault);
        }
    }

    private void Answer(Entry entry, GrpcResponse response, HttpContext http)
    {
        var error = entry.Error;
        if (entry.Exchange is { } exchange)
        {
            try
            {
                entry.Run.GetAwaiter().GetResult();
                var prediction = front.Finish(exchange.Chosen, exchange.Request, http, GrpcInference.Protocol);
                error = exchange.Request.Failure;
                if (error is null)
                {
                    InferReply.WriteStreamed(response, exchange, prediction);
                    return;
                }
            }
            catch (TarnException refused)
            {
                error = refused;
            }
        }

        response.Write(new ModelStreamInferResponse { ErrorMessage = error!.Message, InferResponse = new ModelInferResponse { Id = entry.Exchange is { } failed ? Encoding.UTF8.GetString(failed.Options.KeptId) : entry.Id } });
    }

    /// <summary>The id of a message that could not be read whole; empty where it is not to be found.</summary>
    private static string IdOf(in ReadOnlySequence<byte> message)
    {
        try
        {
            return Encoding.UTF8.GetString(InferNames.Of(message.IsSingleSegment ? message.FirstSpan : message.ToArray()).Id);
        }
        catch (TarnException)
        {
            return "";
        }
    }

    private sealed class Entry
    {
        public InferExchange? Exchange { get; init; }

        public Task Run { get; init; } = Task.CompletedTask;

        public Exception? Error { get; init; }

        public string Id { get; init; } = "";
    }
}
