using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>Asks a model about pictures: fetched where they are URLs, decoded on as many threads as there are cores and no more, and given to the model as they are.</summary>
internal sealed class ImagePredictions(ContentFetcher fetcher, ServingFront front, int cores) : IDisposable
{
    // Pictures that are decoded or wait for it; each holds its pixels.
    private const int MostWaiting = 256;

    private readonly SemaphoreSlim _decoding = new(Math.Max(1, cores));
    private int _waiting;

    /// <summary>Answers a request to an endpoint whose model takes pictures.</summary>
    public async Task RunAsync(HttpContext http, Chosen chosen, ImageModelShape shape)
    {
        var model = chosen.Model;
        using var body = PooledBuffer.Rent();
        var (images, isList) = await ImageRequest.ReadAsync(http, body, model.Options.MaxRequestBytes).ConfigureAwait(false);
        try
        {
            var answers = new ImageAnswer[images.Count];
            if (images.Count == 1)
            {
                answers[0] = await AnswerAsync(http, chosen, shape, images[0], 0).ConfigureAwait(false);
            }
            else
            {
                await Parallel.ForAsync(0, images.Count, http.RequestAborted, async (i, _) => answers[i] = await AnswerAsync(http, chosen, shape, images[i], i).ConfigureAwait(false)).ConfigureAwait(false);
            }

            if (!isList && answers[0].Error is { } error)
            {
                throw error;
            }

            using var answer = PooledBuffer.Rent();
            Write(answer, chosen, answers, isList);
            await HttpAnswer.SendJson(http, answer).ConfigureAwait(false);
        }
        finally
        {
            foreach (var image in images)
            {
                image.Dispose();
            }
        }
    }

    public void Dispose() => _decoding.Dispose();

    private async Task<ImageAnswer> AnswerAsync(HttpContext http, Chosen chosen, ImageModelShape shape, ImageSource image, int place)
    {
        try
        {
            if (image.Error is { } unreadable)
            {
                throw unreadable;
            }

            if (image.Url is { } url)
            {
                image.Take(await FetchAsync(url, http.RequestAborted).ConfigureAwait(false));
            }

            using var request = chosen.Model.Rent();
            var decoded = await DecodeAsync(http, image, request).ConfigureAwait(false);
            await request.RunAsync().ConfigureAwait(false);
            var id = front.Finish(chosen, request, http, "image", image.Bytes, place);
            if (request.Failure is { } failure)
            {
                throw failure;
            }

            return ImageAnswer.Of(request, shape) with { Id = id, Decode = decoded, Fetch = image.Fetched };
        }
        catch (TarnException error) when (error.Kind is not ErrorKind.Corrupt || image.Error is null)
        {
            return new ImageAnswer { Error = error.Kind == ErrorKind.Corrupt ? OfClient(error) : error };
        }
    }

    private async Task<FetchedContent> FetchAsync(string url, CancellationToken cancellation)
    {
        using var span = ServingTelemetry.StartFetch();
        try
        {
            var content = await fetcher.FetchAsync(url, sniffs: true, cancellation).ConfigureAwait(false);
            ServingTelemetry.Fetched(span, content);
            return content;
        }
        catch (TarnException error)
        {
            span?.SetStatus(System.Diagnostics.ActivityStatusCode.Error, error.Rule);
            throw;
        }
    }

    private async ValueTask<TimeSpan> DecodeAsync(HttpContext http, ImageSource image, InferenceRequest request)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new TarnException(ErrorKind.Unavailable, $"At most {MostWaiting} pictures wait to be decoded.", "the queue is full", "Try again later.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }

        try
        {
            await _decoding.WaitAsync(http.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            var began = request.Model.Now();
            var picture = ImageCodec.Decode(image.Bytes.Span, TensorMemory.Shared);
            SetPixels(request, picture);
            request.RecordRead(began);
            return request.Model.Elapsed(began, request.ReadAt);
        }
        finally
        {
            _decoding.Release();
        }
    }

    /// <summary>Gives the model the pixels where they are, and the request their array.</summary>
    private static void SetPixels(InferenceRequest request, RgbImage picture)
    {
        _ = MemoryMarshal.TryGetArray<byte>(picture.Pixels, out var pixels);
        request.Inputs[0].SetOwned(OnnxElementType.UInt8, [picture.Height, picture.Width, 3], request.Model.Inputs[0].Name, pixels.Array!);
    }

    // A picture that is damaged is the sender's to mend.
    private static TarnException OfClient(TarnException error) => TarnException.InvalidInput(error.Rule, error.Value, error.Remedy ?? "Send another picture.");

    private void Write(PooledBuffer to, in Chosen chosen, ImageAnswer[] answers, bool isList)
    {
        EndpointPredictions.Head(to, chosen);
        to.Write((byte)',');
        if (!isList)
        {
            answers[0].Write(to, chosen.Model);
        }
        else
        {
            to.Write("\"predictions\":["u8);
            for (var i = 0; i < answers.Length; i++)
            {
                to.Write(i > 0 ? ",{"u8 : "{"u8);
                answers[i].Write(to, chosen.Model);
                to.Write((byte)'}');
            }

            to.Write((byte)']');
        }

        to.Write(",\"total_ms\":"u8);
        ImageAnswer.Milliseconds(to, chosen.Model.Elapsed(chosen.StartedAt, chosen.Model.Now()));
        to.Write((byte)'}');
    }
}
