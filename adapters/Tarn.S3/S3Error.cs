using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.S3;
using Tarn.Core;

namespace Tarn.S3;

/// <summary>Turns errors of S3, of the SDK and of the network into errors that say what to do.</summary>
internal static class S3Error
{
    /// <summary>Whether the exception is one that <see cref="From"/> explains: of S3, of the SDK, of the network, or a time-out.</summary>
    public static bool IsKnown(Exception exception, CancellationToken caller) => exception switch
    {
        OperationCanceledException => !caller.IsCancellationRequested,
        AmazonServiceException or AmazonClientException or HttpRequestException or IOException or SocketException or TimeoutException => true,
        _ => false,
    };

    /// <summary>Whether the same request can succeed later. What was asked may have happened.</summary>
    public static bool IsPassing(Exception exception) => exception switch
    {
        AmazonServiceException e when e.InnerException is HttpRequestException or IOException or SocketException or OperationCanceledException => true,
        AmazonServiceException e => (int)e.StatusCode >= 500 || e.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or 0 || e.ErrorCode is "RequestTimeout" or "SlowDown" or "Throttling",
        AmazonClientException e => e.InnerException is HttpRequestException or IOException or SocketException or OperationCanceledException,
        HttpRequestException or IOException or SocketException or TimeoutException or OperationCanceledException => true,
        _ => false,
    };

    /// <summary>Whether S3 says that there is no such object. A missing bucket is not that, as far as the answer tells them apart.</summary>
    public static bool IsAbsent(AmazonS3Exception exception) => exception.StatusCode == HttpStatusCode.NotFound && exception.ErrorCode is not "NoSuchBucket";

    public static TarnException From(Exception exception, string what, string path, S3Target target) => exception switch
    {
        AmazonServiceException e when e.ErrorCode is { Length: > 0 } => FromAnswer(e, what, path, target),
        OperationCanceledException or TimeoutException or { InnerException: OperationCanceledException or TimeoutException } => Unavailable(
            $"S3 did not answer in time: it was not possible to {what} an object.", path, $"See whether {target.Endpoint} is slow or not reached; Lake:S3:RequestTimeout sets how long to wait.", exception),
        _ when IsCredentials(exception) => Unavailable(
            $"No credentials for S3 were found: it was not possible to {what} an object.", path,
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine or the container a role.", exception),
        HttpRequestException or SocketException or IOException or AmazonServiceException or { InnerException: HttpRequestException or SocketException or IOException } => Unavailable(
            $"S3 was not reached: it was not possible to {what} an object: {Innermost(exception).Message}", path, $"See that {target.Endpoint} is right (Lake:S3:Endpoint, Lake:S3:Region) and that the network leads there.", exception),
        _ => Unavailable($"It was not possible to {what} an object of S3: {exception.Message}", path, null, exception),
    };

    private static TarnException FromAnswer(AmazonServiceException exception, string what, string path, S3Target target) => exception.ErrorCode switch
    {
        "NoSuchBucket" => Unavailable(
            $"There is no bucket of that name: it was not possible to {what} an object.", target.Bucket, "Create the bucket, or correct Lake:Store or Lake:S3:Endpoint.", exception),
        "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "ExpiredToken" or "InvalidToken" or "TokenRefreshRequired" or "ExpiredTokenException" => Unavailable(
            $"S3 does not accept the credentials ({exception.ErrorCode}): it was not possible to {what} an object.", path, "Renew them; they come from the SDK's chain: the environment, AWS_PROFILE, the role.", exception),
        "RequestTimeTooSkewed" or "RequestExpired" => Unavailable(
            $"This machine's clock and S3's differ too much: it was not possible to {what} an object.", path, "Set the clock (NTP).", exception),
        "PermanentRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException" or "TemporaryRedirect" or "IncorrectEndpoint" => Unavailable(
            $"The bucket is in another region than {target.Endpoint}: it was not possible to {what} an object.", target.Bucket, "Set Lake:S3:Region to the bucket's region.", exception),
        "NotImplemented" => new TarnException(
            ErrorKind.Unsupported, $"The server does not know what is needed to {what} an object: {exception.Message}", target.Endpoint, "The lake needs a server that knows If-None-Match on PUT, as S3 does.", exception),
        "SlowDown" or "ServiceUnavailable" or "InternalError" or "503" or "500" => Unavailable(
            $"S3 is overloaded or has a fault ({exception.ErrorCode}): it was not possible to {what} an object.", path, "Try again later; what was committed is safe.", exception),
        "AccessDenied" or "AllAccessDisabled" or "AccountProblem" or "Forbidden" => Denied(exception, what, path),
        _ when exception.StatusCode == HttpStatusCode.Forbidden => Denied(exception, what, path),
        _ => Unavailable($"It was not possible to {what} an object of S3: {exception.Message} ({exception.ErrorCode}, request {exception.RequestId})", path, null, exception),
    };

    private static TarnException Denied(AmazonServiceException exception, string what, string path) => Unavailable(
        $"S3 denied access: it was not possible to {what} an object.", path,
        "Allow s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload and s3:ListMultipartUploadParts on the objects, and s3:ListBucket and s3:ListBucketMultipartUploads on the bucket (without s3:ListBucket, S3 says this of absent objects, too).", exception);

    private static bool IsCredentials(Exception exception) =>
        exception is AmazonClientException && exception.Message.Contains("credential", StringComparison.OrdinalIgnoreCase);

    private static Exception Innermost(Exception exception) => exception.InnerException is { } inner ? Innermost(inner) : exception;

    private static TarnException Unavailable(string rule, string path, string? remedy, Exception inner) => new(ErrorKind.Unavailable, rule, path, remedy, inner);
}
