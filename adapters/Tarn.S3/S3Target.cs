using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace Tarn.S3;

/// <summary>A bucket at an endpoint, and the two clients that ask it.</summary>
internal sealed class S3Target : IDisposable
{
    public S3Target(string bucket, S3StoreOptions options)
    {
        Bucket = bucket;
        Endpoint = options.Endpoint ?? (options.Region is { } region ? $"S3 in {region}" : "S3");
        Client = new AmazonS3Client(Config(options, options.Retries));
        Once = new AmazonS3Client(Config(options, retries: 0));
    }

    public string Bucket { get; }

    /// <summary>Where it is asked, for people.</summary>
    public string Endpoint { get; }

    /// <summary>Tries again by itself: for requests that may be repeated.</summary>
    public AmazonS3Client Client { get; }

    /// <summary>
    /// Sends each request once: for those whose repetition reads otherwise. The SDK repeats on broken pooled connections by another count than that of
    /// retries, which is zero here, too; .NET's own handler repeats nothing once a body has begun.
    /// </summary>
    public AmazonS3Client Once { get; }

    public void Dispose()
    {
        Client.Dispose();
        Once.Dispose();
    }

    private static AmazonS3Config Config(S3StoreOptions options, int retries)
    {
        var config = new AmazonS3Config
        {
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = retries,
            MaxStaleConnectionRetries = retries == 0 ? 0 : 3,
            Timeout = options.RequestTimeout,
            ConnectTimeout = options.ConnectTimeout,
            ForcePathStyle = options.PathStyle,
            RequestChecksumCalculation = options.Checksums ? RequestChecksumCalculation.WHEN_SUPPORTED : RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = options.Checksums ? ResponseChecksumValidation.WHEN_SUPPORTED : ResponseChecksumValidation.WHEN_REQUIRED,
            ClientAppId = "Tarn",
        };
        if (options.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint;
            config.AuthenticationRegion = options.Region ?? "us-east-1";
        }
        else if (options.Region is { } region)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }

        return config;
    }
}
