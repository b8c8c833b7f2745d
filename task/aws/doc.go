// Package aws puts what Tasks ask of AWS's services into the words of those services, and what they answer into the
// words that Step Functions has for it. It knows no service from inside: whoever has one, here or elsewhere, hands it in.
//
// There are two sets of words. An optimised integration (lambda:invoke) speaks as version 1 of AWS's SDK for Java
// does and adds what that SDK tells of the HTTP answer; a call through the SDK (aws-sdk:sfn:…) speaks as version 2.
// What differs from service to service is a row: a service of the one kind or an sdkService of the other, in the file
// of that service.
package aws
